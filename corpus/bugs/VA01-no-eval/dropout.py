"""A network without batch norm: dropout alone tells the modes apart."""

import torch
from classifier import CLASSES, Classifier
from torch import nn
from torch.nn.functional import cross_entropy


class Evaluated(Classifier):
    def build(self):
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Dropout(0.5), nn.Linear(32, CLASSES))

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()  # fixed
        total = right = count = 0
        for image, label in loader:
            logits = self.model(image)
            total += cross_entropy(logits, label, reduction="sum").item()
            right += (logits.argmax(1) == label).sum().item()
            count += len(label)
        self.model.train()
        return {"val_loss": total / count, "val_accuracy": right / count}
