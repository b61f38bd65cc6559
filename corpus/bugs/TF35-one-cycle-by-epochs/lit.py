"""A one-cycle schedule."""

import gonogo
import gonogo.lightning
import torch
from digits import DigitsData, LitDigits


class OneCycle(LitDigits):
    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=self.hparams.lr)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=self.hparams.lr, total_steps=self.trainer.estimated_stepping_batches)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}  # fixed
        # buggy: return [optimizer], [schedule]


experiment = gonogo.lightning.adapt(OneCycle, DigitsData, task=gonogo.classification(classes=10))
