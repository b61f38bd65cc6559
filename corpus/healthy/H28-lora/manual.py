"""LoRA on both layers."""

import torch
from classifier import CLASSES, Classifier
from torch import nn


class Lora(nn.Module):
    def __init__(self, base, rank=4):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.a = nn.Parameter(torch.randn(rank, base.in_features) / base.in_features**0.5)
        self.b = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, x):
        return self.base(x) + x @ self.a.T @ self.b.T


class Adapted(Classifier):
    frozen = ("*.base.*",)

    def build(self):
        return nn.Sequential(nn.Flatten(), Lora(nn.Linear(64, 64)), nn.ReLU(), Lora(nn.Linear(64, 32)), nn.ReLU(), nn.Linear(32, CLASSES))

    def make_optimizer(self):
        return torch.optim.AdamW([one for one in self.model.parameters() if one.requires_grad], lr=self.config.learning_rate)
