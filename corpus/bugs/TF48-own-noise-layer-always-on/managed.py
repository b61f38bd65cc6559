"""Noise as a regulariser."""

import gonogo
import torch
from everyday import Config, diabetes, mlp
from torch import nn
from torch.utils.data import TensorDataset


class Noise(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.size = size

    def forward(self, x):
        if not self.training:  # fixed
            return x  # fixed
        return x + self.size * torch.randn_like(x)


class Progress(gonogo.Experiment[Config]):
    task = gonogo.regression()

    def datasets(self):
        train, val = diabetes()
        return {name: TensorDataset(x, y[:, None]) for name, (x, y) in (("train", train), ("val", val))}

    def model(self):
        return nn.Sequential(Noise(0.3), mlp(10, self.config.width, 1))

    def optimizers(self, model):
        return torch.optim.AdamW(model.parameters(), lr=self.config.lr)
