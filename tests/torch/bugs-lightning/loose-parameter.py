"""A parameter without a type and without a default, so that any value passes."""

import gonogo
import gonogo.lightning
from digits import DigitsData, LitDigits


class Loose(LitDigits):
    def __init__(self, schedule, lr: float = 0.01):
        super().__init__(lr=lr)
        self.schedule = schedule


experiment = gonogo.lightning.adapt(Loose, DigitsData, task=gonogo.classification(classes=10))
