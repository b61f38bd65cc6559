"""Fills the last batch with copies of its last sample, and scores them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from classifier import Classifier
from torch.nn.functional import cross_entropy


class Padded(Classifier):
    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = right = count = 0
        for image, label in loader:
            missing = loader.batch_size - len(label)
            if missing:
                image = torch.cat([image, image[-1:].expand(missing, -1, -1, -1)])
                label = torch.cat([label, label[-1:].expand(missing)])
            logits = self.model(image)
            total += cross_entropy(logits, label, reduction="sum").item()
            right += (logits.argmax(1) == label).sum().item()
            count += len(label)
        return {"val_loss": total / count, "val_accuracy": right / count}
