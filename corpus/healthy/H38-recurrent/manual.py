"""The last state of an LSTM over rows."""

from classifier import CLASSES, Classifier
from torch import nn


class Rows(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.head = nn.LSTM(8, 24, num_layers=2, batch_first=True, dropout=0.1), nn.Linear(24, CLASSES)

    def forward(self, x):
        states, _ = self.lstm(x[:, 0])
        return self.head(states[:, -1])


class Recurrent(Classifier):
    def build(self):
        return Rows()
