"""Keeps the best accuracy so far for its progress bar."""

import torch
from classifier import Classifier


class Best(Classifier):
    def setup(self):
        super().setup()
        self.best = 0.0

    @torch.no_grad()
    def evaluate(self, loader):
        found = super().evaluate(loader)
        # buggy: self.best = max(self.best, found["val_accuracy"])
        # buggy: found["val_accuracy"] = self.best
        return found
