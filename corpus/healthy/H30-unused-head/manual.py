"""A shared network with two heads, one of which this run trains."""

from classifier import Classifier, Net
from torch import nn


class TwoHeads(Net):
    def __init__(self, width, dropout):
        super().__init__(width, dropout)
        self.other = nn.Linear(self.head.in_features, 7)


class OneOfTwo(Classifier):
    def build(self):
        return TwoHeads(self.config.width, self.config.dropout)
