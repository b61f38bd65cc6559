"""A normalisation of its own: a running scale of the features."""

import torch
from classifier import CLASSES, Classifier
from torch import nn


class RunningScale(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("scale", torch.ones(()))  # fixed
        # buggy: self.register_buffer("scale", torch.ones(()), persistent=False)

    def forward(self, x):
        if self.training:
            with torch.no_grad():
                self.scale.lerp_(x.std(), 0.1)
        return x / self.scale


class Scaled(Classifier):
    def build(self):
        width = 4 * self.config.width
        return nn.Sequential(nn.Flatten(), RunningScale(), nn.Linear(64, width), nn.ReLU(), nn.Linear(width, CLASSES))
