"""A classifier with its own evaluation."""

import torch
from classifier import Classifier
from torch.nn.functional import cross_entropy


class Evaluated(Classifier):
    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total, right, count = 0.0, 0, 0
        for image, label in loader:
            logits = self.model(image)
            total += cross_entropy(logits, label).item() * len(label)  # fixed
            # buggy: total += cross_entropy(logits, label).item()
            right += (logits.argmax(1) == label).sum().item()
            count += len(label)
        return {"val_loss": total / count, "val_accuracy": right / count}  # fixed
        # buggy: return {"val_loss": total / len(loader), "val_accuracy": right / count}
