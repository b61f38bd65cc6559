"""A layer in a plain list, which PyTorch does not register, so model.parameters() leaves it out."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from classifier import Net
from managed import Managed
from torch import nn


class Listed(Net):
    def __init__(self, width, dropout):
        super().__init__(width, dropout)
        self.extra = [nn.Linear(2 * width * 2 * 2, 2 * width * 2 * 2)]

    def forward(self, x):
        return self.head(self.dropout(self.extra[0](self.features(x))))


class Hidden(Managed):
    def model(self):
        return Listed(self.config.width, self.config.dropout)
