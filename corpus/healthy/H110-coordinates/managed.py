"""Fits one picture by a network of coordinates (NeRF's encoding), and asks it for the pixels it has not seen."""

import math
from dataclasses import dataclass

import gonogo
import torch
from torch import nn

SIDE = 40


@dataclass
class Config:
    octaves: int = gonogo.number(4, min=1, max=10)
    width: int = gonogo.number(64, min=8)
    lr: float = gonogo.number(2e-3, above=0)


def picture():
    """[SIDE, SIDE, 3] in 0 … 1: two discs before a gradient."""
    rows, columns = torch.meshgrid(torch.linspace(-1, 1, SIDE), torch.linspace(-1, 1, SIDE), indexing="ij")
    image = torch.stack([(rows + 1) / 2, (columns + 1) / 2, 0.5 + 0.3 * torch.sin(3 * columns)], -1)
    for (y, x, radius), colour in {(-0.3, 0.2, 0.4): (0.9, 0.2, 0.1), (0.4, -0.4, 0.3): (0.1, 0.2, 0.8)}.items():
        image[(rows - y) ** 2 + (columns - x) ** 2 < radius**2] = torch.tensor(colour)
    return image


class Field(nn.Module):
    def __init__(self, octaves, width):
        super().__init__()
        self.register_buffer("frequencies", math.pi * 2.0 ** torch.arange(octaves))
        self.net = nn.Sequential(nn.Linear(4 * octaves, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 3))

    def forward(self, at):  # [batch, 2] → [batch, 3]
        angles = (at[:, :, None] * self.frequencies).flatten(1)
        return self.net(torch.cat([angles.sin(), angles.cos()], 1))


class Image(gonogo.Experiment[Config]):
    task = gonogo.regression(outputs=3)
    objective = "psnr"
    directions = {"psnr": "max"}

    def datasets(self):
        rows, columns = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
        at = torch.stack([rows, columns], -1).reshape(-1, 2).float()
        at = at / (SIDE - 1) * 2 - 1
        colours = picture().reshape(-1, 3)
        unseen = ((rows + 2 * columns) % 5 == 0).flatten()
        return {"train": gonogo.arrays(at[~unseen], colours[~unseen]), "val": gonogo.arrays(at[unseen], colours[unseen])}

    def model(self):
        return Field(self.config.octaves, self.config.width)

    def optimizers(self, model):
        return torch.optim.Adam(model.parameters(), lr=self.config.lr)

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        squared, count = 0.0, 0
        for at, colours in loader:
            squared += (self.model(at) - colours).pow(2).sum().item()
            count += colours.numel()
        mse = squared / count
        return {"val_loss": mse, "val_psnr": -10 * math.log10(mse)}
