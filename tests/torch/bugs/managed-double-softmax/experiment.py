"""The model ends in a softmax, and the loss takes another."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from classifier import Net
from managed import Managed


class Twice(Net):
    def forward(self, x):
        return super().forward(x).softmax(1)


class Softmax(Managed):
    def model(self):
        return Twice(self.config.width, self.config.dropout)
