"""Accuracy compares logits of the wrong dimension, which broadcasts."""

import gonogo
import gonogo.lightning
from digits import DigitsData, LitDigits
from torch.nn import functional as F


class Macro(LitDigits):
    def validation_step(self, batch, batch_idx):
        x, y = batch
        logits = self(x)
        self.log("val_loss", F.cross_entropy(logits, y))
        self.log("val_acc", (logits.argmax(dim=1, keepdim=True) == y).float().mean())


experiment = gonogo.lightning.adapt(Macro, DigitsData, task=gonogo.classification(classes=10))
