"""A deep network built in a loop."""

import torch
from classifier import CLASSES, Classifier
from torch import nn


class Deep(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.stem = nn.Linear(64, width)
        self.blocks = nn.ModuleList(nn.Linear(width, width) for _ in range(3))  # fixed
        # buggy: self.blocks = [nn.Linear(width, width) for _ in range(3)]
        self.head = nn.Linear(width, CLASSES)

    def forward(self, x):
        x = torch.relu(self.stem(x.flatten(1)))
        for block in self.blocks:
            x = torch.relu(block(x))
        return self.head(x)


class Listed(Classifier):
    def build(self):
        return Deep(4 * self.config.width)
