"""Offsets of the classes, to be learnt."""

import torch
from classifier import CLASSES, Net
from managed_base import Managed
from torch.nn.functional import cross_entropy

# buggy: OFFSETS = torch.zeros(CLASSES, requires_grad=True)


class WithOffsets(Net):
    def __init__(self, width, dropout):
        super().__init__(width, dropout)
        self.offsets = torch.nn.Parameter(torch.zeros(CLASSES))  # fixed

    def forward(self, x):
        logits = super().forward(x)
        return logits + self.offsets  # fixed
        # buggy: return logits


class Offsets(Managed):
    def model(self):
        return WithOffsets(self.config.width, self.config.dropout)

    def loss(self, batch):
        image, label = batch
        logits = self.model(image)
        # buggy: logits = logits + OFFSETS
        return cross_entropy(logits, label)
