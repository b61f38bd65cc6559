"""The loss of validation."""

import torch
from detector import Detection


class Boxes(Detection):
    @torch.no_grad()
    def evaluate(self, loader):
        metrics = super().evaluate(loader)
        losses, things = [], []
        for batch in loader:
            kinds, boxes, count, _, _ = self.losses(batch)
            losses.append(((kinds + boxes) / count).item())
            things.append(count.item())
        # buggy: metrics["val_loss"] = sum(losses) / len(losses)
        metrics["val_loss"] = sum(a * b for a, b in zip(losses, things)) / sum(things)  # fixed
        return metrics
