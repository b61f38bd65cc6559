"""The module is put into training mode for validation, for dropout's sake, and batch norm learns from validation data."""

import gonogo
import gonogo.lightning
from digits import DigitsData, LitDigits


class Left(LitDigits):
    def on_validation_epoch_start(self):
        self.train()


experiment = gonogo.lightning.adapt(Left, DigitsData, task=gonogo.classification(classes=10))
