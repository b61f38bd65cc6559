"""configure_optimizers picks parameters by the part they are in."""

import gonogo
import gonogo.lightning
import torch
from digits import DigitsData, LitDigits


class Parts(LitDigits):
    def configure_optimizers(self):
        parts = [self.net]  # fixed
        # buggy: parts = [self.net[-1]]
        return torch.optim.AdamW([one for part in parts for one in part.parameters()], lr=self.hparams.lr)


experiment = gonogo.lightning.adapt(Parts, DigitsData, task=gonogo.classification(classes=10))
