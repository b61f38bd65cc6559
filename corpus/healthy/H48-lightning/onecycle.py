"""Healthy: a one-cycle schedule that Lightning steps after each batch."""

import gonogo
import gonogo.lightning
import torch
from digits import DigitsData, LitDigits


class OneCycle(LitDigits):
    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), lr=0.1, momentum=0.9)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=self.trainer.estimated_stepping_batches)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


experiment = gonogo.lightning.adapt(OneCycle, DigitsData, task=gonogo.classification(classes=10))
