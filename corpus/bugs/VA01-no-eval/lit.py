"""Dropout is wanted in validation, for the uncertainty."""

import gonogo
import gonogo.lightning
from digits import DigitsData, LitDigits


class Uncertain(LitDigits):
    def on_validation_epoch_start(self):
        assert self.trainer.val_dataloaders is not None
        # buggy: self.train()


experiment = gonogo.lightning.adapt(Uncertain, DigitsData, task=gonogo.classification(classes=10))
