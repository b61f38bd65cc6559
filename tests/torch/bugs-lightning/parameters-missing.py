"""configure_optimizers gives the head to the optimizer and forgets the body, which nobody declared frozen."""

import gonogo
import gonogo.lightning
import torch
from digits import DigitsData, LitDigits


class Missing(LitDigits):
    def configure_optimizers(self):
        return torch.optim.AdamW(self.net[-1].parameters(), lr=self.hparams.lr)


experiment = gonogo.lightning.adapt(Missing, DigitsData, task=gonogo.classification(classes=10))
