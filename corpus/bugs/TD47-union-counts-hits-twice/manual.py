"""Scenes, with an overlap of one's own."""

import torch
from segmenter import CLASSES, IGNORED, Segmenter


class Pixels(Segmenter):
    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total, confusion = 0.0, torch.zeros(CLASSES, CLASSES, dtype=torch.long)
        for image, mask in loader:
            logits = self.model(image)
            known = mask != IGNORED
            total += self.criterion(logits, mask, "sum").item()
            confusion += torch.bincount(CLASSES * mask[known] + logits.argmax(1)[known], minlength=CLASSES**2).view(CLASSES, CLASSES)
        hits = confusion.diagonal()
        union = confusion.sum(0) + confusion.sum(1) - hits  # fixed
        # buggy: union = confusion.sum(0) + confusion.sum(1)
        count = confusion.sum().item()
        return {"val_loss": total / count, "val_miou": (hits / union.clamp(min=1)).mean().item()}
