"""Averages the means of the batches, though the last one is smaller."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from classifier import Classifier
from torch.nn.functional import cross_entropy


class AverageOfAverages(Classifier):
    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        losses, right, count = [], 0, 0
        for image, label in loader:
            logits = self.model(image)
            losses.append(cross_entropy(logits, label).item())
            right += (logits.argmax(1) == label).sum().item()
            count += len(label)
        return {"val_loss": sum(losses) / len(losses), "val_accuracy": right / count}
