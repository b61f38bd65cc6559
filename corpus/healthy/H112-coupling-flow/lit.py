"""A density by coupling layers (RealNVP)."""

import math

import gonogo
import gonogo.lightning
import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

DIMENSIONS = 6


def rings(count, seed):
    g = torch.Generator().manual_seed(17)
    mix = torch.randn(DIMENSIONS, DIMENSIONS, generator=g) / 2
    g.manual_seed(seed)
    angle = 2 * math.pi * torch.rand(count, generator=g)
    radius = 1 + torch.randint(2, (count,), generator=g) + 0.1 * torch.randn(count, generator=g)
    rest = 0.3 * torch.randn(count, DIMENSIONS - 2, generator=g)
    return torch.cat([torch.stack([radius * angle.cos(), radius * angle.sin()], 1), rest], 1) @ mix


class Coupling(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.half = DIMENSIONS // 2
        self.net = nn.Sequential(nn.Linear(self.half, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 2 * self.half))
        nn.init.zeros_(self.net[-1].weight)
        nn.init.zeros_(self.net[-1].bias)
        self.register_buffer("perm", torch.randperm(DIMENSIONS))

    def forward(self, x):
        a, b = x[:, self.perm].chunk(2, 1)
        shift, log_scale = self.net(a).chunk(2, 1)
        log_scale = torch.tanh(log_scale)
        return torch.cat([a, b * log_scale.exp() + shift], 1), log_scale.sum(1)


class Flow(L.LightningModule):
    def __init__(self, layers: int = 6, width: int = 32, lr: float = 5e-3):
        super().__init__()
        self.save_hyperparameters()
        self.layers = nn.ModuleList(Coupling(width) for _ in range(layers))

    def forward(self, x):
        """Negative log-likelihood of each row, in nats."""
        log_det = torch.zeros(len(x))
        for layer in self.layers:
            x, more = layer(x)
            log_det = log_det + more
        log_prob = -0.5 * (x**2 + math.log(2 * math.pi)).sum(1)
        return -(log_prob + log_det)

    def training_step(self, batch, batch_idx):
        loss = self(batch[0]).mean()
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", self(batch[0]).mean(), batch_size=len(batch[0]))

    def configure_optimizers(self):
        optimizer = torch.optim.Adam(self.parameters(), lr=self.hparams.lr)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=self.hparams.lr, total_steps=self.trainer.estimated_stepping_batches)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


class Rings(L.LightningDataModule):
    def __init__(self, batch_size: int = 32):
        super().__init__()
        self.batch_size = batch_size

    def setup(self, stage=None):
        data = rings(1000, 1)
        mean, std = data[:800].mean(0), data[:800].std(0)
        self.train, self.val = TensorDataset((data[:800] - mean) / std), TensorDataset((data[800:] - mean) / std)

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=100)


experiment = gonogo.lightning.adapt(Flow, Rings, task=gonogo.custom(), trainer={"gradient_clip_val": 5.0})
