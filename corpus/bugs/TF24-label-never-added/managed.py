"""A diffusion of digits that is told which digit."""

import math

import gonogo
import torch
from everyday import Config, digits
from torch import nn
from torch.nn.functional import mse_loss
from torch.utils.data import TensorDataset

STEPS = 100


def time_embedding(t, width):
    pace = torch.exp(-math.log(1000) * torch.arange(width // 2) / (width // 2))
    angle = t[:, None] * pace
    return torch.cat([angle.sin(), angle.cos()], 1)


class Denoiser(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.width = width
        self.given, self.label = nn.Linear(64, 4 * width), nn.Embedding(10, 4 * width)
        self.time = nn.Sequential(nn.Linear(width, 4 * width), nn.SiLU(), nn.Linear(4 * width, 4 * width))
        self.out = nn.Sequential(nn.SiLU(), nn.Linear(4 * width, 4 * width), nn.SiLU(), nn.Linear(4 * width, 64))

    def forward(self, x, t, y):
        label = self.label(y)
        h = self.given(x) + self.time(time_embedding(t, self.width))
        h = h + label  # fixed
        return self.out(h)


class Diffusion(gonogo.Experiment[Config]):
    task = gonogo.custom()

    def datasets(self):
        train, val = digits(flat=True)
        return {"train": TensorDataset(*train), "val": TensorDataset(*val)}

    def model(self):
        self.kept_share = torch.cumprod(1 - torch.linspace(1e-3, 0.1, STEPS), 0)
        return Denoiser(self.config.width)

    def loss(self, batch):
        x, y = batch
        t = torch.randint(STEPS, (len(x),))
        noise = torch.randn_like(x)
        share = self.kept_share[t][:, None]
        return mse_loss(self.model(share.sqrt() * x + (1 - share).sqrt() * noise, t, y), noise)

    def optimizers(self, model):
        return torch.optim.AdamW(model.parameters(), lr=self.config.lr)
