"""Evaluates in training mode: dropout is on, batch norm uses and updates its statistics."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from classifier import Classifier
from torch.nn.functional import cross_entropy


class StaysInTraining(Classifier):
    @torch.no_grad()
    def evaluate(self, loader):
        total = right = count = 0
        for image, label in loader:
            logits = self.model(image)
            total += cross_entropy(logits, label, reduction="sum").item()
            right += (logits.argmax(1) == label).sum().item()
            count += len(label)
        return {"val_loss": total / count, "val_accuracy": right / count}
