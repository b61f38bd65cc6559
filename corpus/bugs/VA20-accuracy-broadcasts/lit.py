"""Accuracy by hand."""

import gonogo
import gonogo.lightning
from digits import DigitsData, LitDigits
from torch.nn import functional as F


class ByHand(LitDigits):
    def validation_step(self, batch, batch_idx):
        x, y = batch
        logits = self(x)
        self.log("val_loss", F.cross_entropy(logits, y))
        predicted = logits.argmax(dim=1)  # fixed
        # buggy: predicted = logits.argmax(dim=1, keepdim=True)
        self.log("val_acc", (predicted == y).float().mean())


experiment = gonogo.lightning.adapt(ByHand, DigitsData, task=gonogo.classification(classes=10))
