"""A recurrent network over the rows of a picture, time first."""

import torch  # noqa: F401
from classifier import CLASSES
from managed_base import Managed
from torch import nn


class Rows(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.gru, self.head = nn.GRU(8, width), nn.Linear(8 * width, CLASSES)

    def forward(self, x):
        states, _ = self.gru(x[:, 0].transpose(0, 1))  # [time, batch, width]
        return self.head(states.transpose(0, 1).reshape(len(x), -1))  # fixed
        # buggy: return self.head(states.view(len(x), -1))


class Recurrent(Managed):
    def model(self):
        return Rows(2 * self.config.width)
