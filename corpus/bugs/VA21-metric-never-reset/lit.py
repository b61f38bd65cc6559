"""torchmetrics, updated and computed by hand."""

import gonogo
import gonogo.lightning
from digits import DigitsData, LitDigits
from torch.nn import functional as F


class Gathered(LitDigits):
    def validation_step(self, batch, batch_idx):
        x, y = batch
        logits = self(x)
        self.val_accuracy.update(logits, y)
        self.log("val_loss", F.cross_entropy(logits, y))

    def on_validation_epoch_end(self):
        self.log("val_acc", self.val_accuracy.compute())
        self.val_accuracy.reset()  # fixed


experiment = gonogo.lightning.adapt(Gathered, DigitsData, task=gonogo.classification(classes=10))
