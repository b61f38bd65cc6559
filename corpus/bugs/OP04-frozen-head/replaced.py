"""The head is replaced, and the optimizer keeps the old one."""

from classifier import CLASSES, Classifier
from torch import nn


class Replaced(Classifier):
    def build(self):
        model = super().build()
        model.head = nn.Linear(model.head.in_features, CLASSES)  # fixed
        return model

    def setup(self):
        super().setup()
        # buggy: self.model.head = nn.Linear(self.model.head.in_features, CLASSES)
