"""An argument without a type."""

import gonogo
import gonogo.lightning
from digits import DigitsData, LitDigits


class Switched(LitDigits):
    def __init__(self, flip: bool = False, lr: float = 0.01):  # fixed
    # buggy: def __init__(self, flip, lr: float = 0.01):
        super().__init__(lr=lr)
        self.flip = bool(flip)


experiment = gonogo.lightning.adapt(Switched, DigitsData, task=gonogo.classification(classes=10))
