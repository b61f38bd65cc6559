"""Norms within a sample."""

from classifier import CLASSES, Classifier
from torch import nn


class Norms(Classifier):
    def build(self):
        return nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.GroupNorm(4, 8), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1), nn.InstanceNorm2d(16, affine=True), nn.ReLU(),
            nn.Flatten(), nn.LayerNorm(256), nn.Linear(256, CLASSES),
        )
