"""Healthy: regression with the older package's name, a step-wise schedule, a metric that an epoch-wise one watches, and callbacks."""

import gonogo
import gonogo.lightning
import pytorch_lightning as pl
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


class Curve(pl.LightningModule):
    def __init__(self, width: int = 32, lr: float = 0.02):
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(nn.Linear(4, width), nn.Tanh(), nn.Linear(width, 1))

    def step(self, batch):
        x, y = batch
        return F.mse_loss(self.net(x).squeeze(-1), y)

    def training_step(self, batch):
        loss = self.step(batch)
        self.log("train/loss", loss, on_step=True, on_epoch=True)
        return {"loss": loss, "fit": loss.detach()}

    def validation_step(self, batch):
        self.log("val/loss", self.step(batch))

    def configure_optimizers(self):
        optimizer = torch.optim.Adam(self.parameters(), lr=self.hparams.lr)
        schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=2)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "monitor": "train/loss_epoch"}}


def loaders(batch_size: int):
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(700, 4, generator=generator)
    y = torch.sin(x[:, 0]) + 0.5 * x[:, 1] + 0.1 * torch.randn(700, generator=generator)
    train, val = TensorDataset(x[:480], y[:480]), TensorDataset(x[480:], y[480:])
    return DataLoader(train, batch_size=batch_size, shuffle=True), DataLoader(val, batch_size=77)


class Norms(pl.Callback):
    def on_before_optimizer_step(self, trainer, pl_module, optimizer):
        pl_module.log("norm", sum(one.grad.norm() for one in pl_module.parameters() if one.grad is not None))

    def on_train_epoch_end(self, trainer, pl_module):
        trainer.callback_metrics["train/loss_epoch"]


def trainer(clip: float = 1.0):
    kept = [Norms(), pl.callbacks.EarlyStopping("val/loss"), pl.callbacks.LearningRateMonitor(), pl.callbacks.ModelCheckpoint(monitor="val/loss")]
    return {"callbacks": kept, "gradient_clip_val": clip, "max_epochs": 50}


experiment = gonogo.lightning.adapt(Curve, loaders, task=gonogo.regression(), trainer=trainer)
