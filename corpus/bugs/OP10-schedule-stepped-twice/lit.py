"""Lightning steps it, and so does a hook."""

import gonogo
import gonogo.lightning
import torch
from digits import DigitsData, LitDigits


class Twice(LitDigits):
    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=self.hparams.lr)
        schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.01, total_iters=self.trainer.estimated_stepping_batches)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def on_train_batch_end(self, outputs, batch, batch_idx):
        self.log("rate", self.optimizers().param_groups[0]["lr"])
        # buggy: self.lr_schedulers().step()


experiment = gonogo.lightning.adapt(Twice, DigitsData, task=gonogo.classification(classes=10))
