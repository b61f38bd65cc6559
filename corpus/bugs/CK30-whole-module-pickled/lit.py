"""save_hyperparameters() takes all arguments along."""

import gonogo
import gonogo.lightning
from digits import DigitsData, LitDigits
from torch import nn


class Body(nn.Sequential):
    pass


class Backed(LitDigits):
    def __init__(self, body: nn.Module, lr: float = 0.01):
        super().__init__(lr=lr)
        self.save_hyperparameters(ignore=["body"])  # fixed
        # buggy: self.save_hyperparameters()
        self.net = nn.Sequential(body, nn.ReLU(), nn.Linear(32, 10))


experiment = gonogo.lightning.adapt(Backed, DigitsData, task=gonogo.classification(classes=10), fixed={"body": Body(nn.Flatten(), nn.Linear(64, 32))})
