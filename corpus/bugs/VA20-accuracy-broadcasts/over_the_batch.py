"""zip() hides that the lengths differ."""

import torch
from classifier import Classifier
from torch.nn.functional import cross_entropy


class Evaluated(Classifier):
    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = right = count = 0
        for image, label in loader:
            logits = self.model(image)
            total += cross_entropy(logits, label, reduction="sum").item()
            predicted = logits.argmax(1)  # fixed
            # buggy: predicted = logits.argmax(0)
            right += sum(int(p == t) for p, t in zip(predicted, label))
            count += len(label)
        return {"val_loss": total / count, "val_accuracy": right / count}
