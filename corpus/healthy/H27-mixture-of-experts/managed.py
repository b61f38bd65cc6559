"""One of six experts for each sample."""

import torch
from classifier import CLASSES
from managed_base import Managed
from torch import nn


class Mixture(nn.Module):
    def __init__(self, width, experts=6):
        super().__init__()
        self.stem, self.gate = nn.Linear(64, width), nn.Linear(width, experts)
        self.experts = nn.ModuleList(nn.Sequential(nn.Linear(width, width), nn.ReLU()) for _ in range(experts))
        self.head = nn.Linear(width, CLASSES)

    def forward(self, x):
        x = torch.relu(self.stem(x.flatten(1)))
        weight, chosen = self.gate(x).softmax(1).max(1)
        mixed = torch.zeros_like(x)
        for i, expert in enumerate(self.experts):
            mine = chosen == i
            if mine.any():
                mixed[mine] = expert(x[mine]) * weight[mine, None]
        return self.head(x + mixed)


class Experts(Managed):
    def model(self):
        return Mixture(32)
