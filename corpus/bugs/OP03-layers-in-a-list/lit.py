"""Hidden layers in a list."""

import gonogo
import gonogo.lightning
from digits import DigitsData, LitDigits
from torch import nn


class Listed(LitDigits):
    def __init__(self, width: int = 16, lr: float = 0.01):
        super().__init__(lr=lr)
        self.net = nn.Identity()
        hidden = [nn.Linear(64, width), nn.Linear(width, width)]
        self.hidden = nn.ModuleList(hidden)  # fixed
        # buggy: self.hidden = hidden
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        x = x.flatten(1)
        for layer in self.hidden:
            x = layer(x).relu()
        return self.head(x)


experiment = gonogo.lightning.adapt(Listed, DigitsData, task=gonogo.classification(classes=10))
