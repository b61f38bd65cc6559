"""A choice by name."""

from typing import Literal  # noqa: F401

import gonogo
import gonogo.lightning
from digits import DigitsData, LitDigits

Activation = Literal["relu", "gelu"]  # fixed
# buggy: Activation = str


class Chosen(LitDigits):
    def __init__(self, activation: Activation = "relu", lr: float = 0.01):
        super().__init__(lr=lr)
        self.activation = activation


experiment = gonogo.lightning.adapt(Chosen, DigitsData, task=gonogo.classification(classes=10))
