"""A cosine over epochs."""

import gonogo
import gonogo.lightning
import torch
from digits import DigitsData, LitDigits


class Cosine(LitDigits):
    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=self.hparams.lr)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=3)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "epoch"}}  # fixed
        # buggy: return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


experiment = gonogo.lightning.adapt(Cosine, DigitsData, task=gonogo.classification(classes=10))
