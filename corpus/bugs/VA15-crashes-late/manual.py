"""203 validation samples: two batches of 101, and one sample."""

import torch
from classifier import Classifier
from torch.nn.functional import cross_entropy


class Squeezed(Classifier):
    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = right = count = 0
        for image, label in loader:
            logits = self.model(image)  # fixed
            # buggy: logits = self.model(image).squeeze()
            total += cross_entropy(logits, label, reduction="sum").item()
            right += (logits.argmax(1) == label).sum().item()
            count += len(label)
        return {"val_loss": total / count, "val_accuracy": right / count}
