"""keepdim turns the comparison into every prediction against every label."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from classifier import Classifier
from torch.nn.functional import cross_entropy


class Broadcast(Classifier):
    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = right = count = 0
        for image, label in loader:
            logits = self.model(image)
            total += cross_entropy(logits, label, reduction="sum").item()
            predicted = logits.argmax(1, keepdim=True)
            right += (predicted == label).float().mean().item() * len(label)
            count += len(label)
        return {"val_loss": total / count, "val_accuracy": right / count}
