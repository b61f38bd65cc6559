"""A classifier of one Sequential."""

from classifier import CLASSES, Classifier
from torch import nn


class Sequential(Classifier):
    def build(self):
        width = self.config.width
        return nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(width * 16, CLASSES),
            # buggy: nn.Softmax(dim=1),

        )
