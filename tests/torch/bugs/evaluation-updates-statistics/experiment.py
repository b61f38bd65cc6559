"""No eval() and no dropout: the numbers look fine, and batch norm has learnt from the validation set."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from classifier import Classifier
from torch.nn.functional import cross_entropy


class LearnsFromValidation(Classifier):
    @torch.no_grad()
    def evaluate(self, loader):
        total = right = count = 0
        for image, label in loader:
            logits = self.model(image)
            total += cross_entropy(logits, label, reduction="sum").item()
            right += (logits.argmax(1) == label).sum().item()
            count += len(label)
        return {"val_loss": total / count, "val_accuracy": right / count}
