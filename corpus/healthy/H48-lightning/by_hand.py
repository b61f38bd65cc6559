"""Healthy: the project steps its optimizer and its one-cycle schedule itself."""

import gonogo
import gonogo.lightning
import torch
from digits import DigitsData, LitDigits
from torch.nn import functional as F


class Manual(LitDigits):
    def __init__(self, lr: float = 0.01):
        super().__init__(lr=lr)
        self.automatic_optimization = False

    def training_step(self, batch, batch_idx):
        x, y = batch
        optimizer = self.optimizers()
        loss = F.cross_entropy(self(x), y)
        optimizer.zero_grad()
        self.manual_backward(loss)
        self.clip_gradients(optimizer, gradient_clip_val=1.0, gradient_clip_algorithm="norm")
        optimizer.step()
        self.lr_schedulers().step()

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=self.hparams.lr)
        return [optimizer], [torch.optim.lr_scheduler.OneCycleLR(optimizer, self.hparams.lr, total_steps=self.trainer.estimated_stepping_batches)]


experiment = gonogo.lightning.adapt(Manual, DigitsData, task=gonogo.classification(classes=10))
