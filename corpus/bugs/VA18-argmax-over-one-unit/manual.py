"""Two classes, one logit."""

import torch
from binary_base import Binary
from torch.nn.functional import binary_cross_entropy_with_logits


class Evaluated(Binary):
    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = right = count = 0
        for x, label in loader:
            logit = self.model(x)
            total += binary_cross_entropy_with_logits(logit.squeeze(1), label.float(), reduction="sum").item()
            predicted = (logit.squeeze(1) > 0).long()  # fixed
            # buggy: predicted = logit.argmax(1)
            right += (predicted == label).sum().item()
            count += len(label)
        return {"val_loss": total / count, "val_accuracy": right / count}
