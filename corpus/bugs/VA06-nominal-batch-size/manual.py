"""A classifier with its own evaluation."""

import torch
from classifier import Classifier
from torch.nn.functional import cross_entropy


class Evaluated(Classifier):
    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = right = 0
        for image, label in loader:
            logits = self.model(image)
            total += cross_entropy(logits, label, reduction="sum").item()
            right += (logits.argmax(1) == label).sum().item()
        count = len(loader.dataset)  # fixed
        # buggy: count = len(loader) * loader.batch_size
        return {"val_loss": total / count, "val_accuracy": right / count}
