"""A choice that is any string: a misspelt one falls through to the default."""

import gonogo
import gonogo.lightning
from digits import DigitsData, LitDigits


class Free(LitDigits):
    def __init__(self, activation: str = "relu", lr: float = 0.01):
        super().__init__(lr=lr)
        self.activation = activation


experiment = gonogo.lightning.adapt(Free, DigitsData, task=gonogo.classification(classes=10))
