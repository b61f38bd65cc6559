"""An adapter between features and head, kept in a dict by name."""

from classifier import Net
from managed_base import Managed
from torch import nn


class Adapted(Net):
    def __init__(self, width, dropout):
        super().__init__(width, dropout)
        size = 2 * width * 2 * 2
        self.adapters = nn.ModuleDict({"digits": nn.Linear(size, size)})  # fixed
        # buggy: self.adapters = {"digits": nn.Linear(size, size)}

    def forward(self, x):
        return self.head(self.dropout(self.adapters["digits"](self.features(x))))


class Dict(Managed):
    def model(self):
        return Adapted(self.config.width, self.config.dropout)
