"""Validation losses are gathered in a list and averaged over batches, whatever their size."""

import gonogo
import gonogo.lightning
import torch
from digits import DigitsData, LitDigits
from torch.nn import functional as F


class Mean(LitDigits):
    def on_validation_epoch_start(self):
        self.losses = []

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.losses.append(F.cross_entropy(self(x), y))

    def on_validation_epoch_end(self):
        self.log("val_loss", torch.stack(self.losses).mean())


experiment = gonogo.lightning.adapt(Mean, DigitsData, task=gonogo.classification(classes=10))
