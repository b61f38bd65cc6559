"""Validation losses are gathered in a list."""

import gonogo
import gonogo.lightning
import torch
from digits import DigitsData, LitDigits
from torch.nn import functional as F


class Gathered(LitDigits):
    def on_validation_epoch_start(self):
        self.losses = []

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.losses.append(F.cross_entropy(self(x), y, reduction="none"))  # fixed
        # buggy: self.losses.append(F.cross_entropy(self(x), y)[None])

    def on_validation_epoch_end(self):
        self.log("val_loss", torch.cat(self.losses).mean())


experiment = gonogo.lightning.adapt(Gathered, DigitsData, task=gonogo.classification(classes=10))
