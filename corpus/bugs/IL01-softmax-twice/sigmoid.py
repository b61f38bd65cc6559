"""Two classes: the model ends in a sigmoid, and the loss applies one."""

from binary_base import Binary
from torch import nn


class Squashed(Binary):
    def build(self):
        hidden = [nn.Linear(10, self.config.width), nn.ReLU(), nn.Linear(self.config.width, 1)]
        # buggy: hidden.append(nn.Sigmoid())
        return nn.Sequential(*hidden)
