"""argmax over the batch instead of over the classes; a minimum of both lengths hides the mismatch."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from classifier import Classifier
from torch.nn.functional import cross_entropy


class OverTheBatch(Classifier):
    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = right = count = 0
        for image, label in loader:
            logits = self.model(image)
            total += cross_entropy(logits, label, reduction="sum").item()
            predicted = logits.argmax(0)
            right += sum(int(p == t) for p, t in zip(predicted, label))
            count += len(label)
        return {"val_loss": total / count, "val_accuracy": right / count}
