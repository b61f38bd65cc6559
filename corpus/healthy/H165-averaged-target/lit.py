"""Two views, a predictor, and a target network that follows the online one on average."""

import copy

import gonogo
import gonogo.lightning
import lightning as L
import torch
import torch.nn.functional as F
from small_data import clouds, loaders
from torch import nn


def mlp(given, made):
    return nn.Sequential(nn.Linear(given, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, made))


class Byol(L.LightningModule):
    def __init__(self, lr: float = 1e-3, tau: float = 0.99):
        super().__init__()
        self.save_hyperparameters()
        self.online, self.predictor = mlp(16, 32), mlp(32, 32)
        self.target = copy.deepcopy(self.online).requires_grad_(False)

    def side(self, one, other):
        with torch.no_grad():
            target = self.target(other)
        return 2 - 2 * F.cosine_similarity(self.predictor(self.online(one)), target, dim=-1).mean()

    def training_step(self, batch, batch_idx):
        x, _ = batch
        one, other = x + 0.3 * torch.randn_like(x), x * (torch.rand_like(x) > 0.2)
        loss = self.side(one, other) + self.side(other, one)
        self.log("train_loss", loss)
        return loss

    def on_train_batch_end(self, outputs, batch, batch_idx):
        with torch.no_grad():
            for online, target in zip(self.online.parameters(), self.target.parameters()):
                target.lerp_(online, 1 - self.hparams.tau)

    def validation_step(self, batch, batch_idx):
        self.log("val_spread", F.normalize(self.online(batch[0]), dim=1).std(0).mean())

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=self.hparams.lr)
        return {"optimizer": optimizer, "lr_scheduler": torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, self.trainer.max_epochs)}


def data(batch_size: int):
    return loaders(clouds, batch_size=batch_size)


experiment = gonogo.lightning.adapt(Byol, data, task=gonogo.custom(), objective="spread", directions={"spread": "max"})
