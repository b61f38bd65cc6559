"""Load of the next six hours from the last two days, by a transformer encoder."""

import math
from dataclasses import dataclass

import gonogo
import numpy as np
import torch
from torch import nn
from torch.utils.data import Dataset

PAST, AHEAD = 48, 6


@dataclass
class Config:
    d_model: int = gonogo.number(32, min=8, max=256)
    heads: int = gonogo.number(4, min=1, max=16)
    layers: int = gonogo.number(1, min=1, max=6)
    dropout: float = gonogo.number(0.1, min=0, max=0.9)
    lr: float = gonogo.number(2e-3, above=0)


def load_curve(hours=1800):
    rng = np.random.default_rng(8)
    t = np.arange(hours)
    noise = np.zeros(hours)
    for i in range(1, hours):
        noise[i] = 0.9 * noise[i - 1] + rng.normal(0, 4)
    return 250 + 40 * np.sin(2 * np.pi * t / 24) + 25 * np.sin(2 * np.pi * t / 168) + noise


class Windows(Dataset):
    def __init__(self, series):
        self.series = torch.tensor(series, dtype=torch.float32)

    def __len__(self):
        return len(self.series) - PAST - AHEAD + 1

    def __getitem__(self, start):
        middle = start + PAST
        return self.series[start:middle, None], self.series[middle : middle + AHEAD]


class PositionalEncoding(nn.Module):
    def __init__(self, d_model, max_len=512):
        super().__init__()
        position = torch.arange(max_len)[:, None]
        div_term = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
        pe = torch.zeros(1, max_len, d_model)
        pe[..., 0::2], pe[..., 1::2] = torch.sin(position * div_term), torch.cos(position * div_term)
        self.register_buffer("pe", pe)

    def forward(self, x):
        return x + self.pe[:, : x.size(1)]


class Forecaster(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.enter, self.position = nn.Linear(1, c.d_model), PositionalEncoding(c.d_model)
        layer = nn.TransformerEncoderLayer(c.d_model, c.heads, 2 * c.d_model, dropout=c.dropout, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, c.layers, enable_nested_tensor=False)
        self.head = nn.Linear(c.d_model, AHEAD)

    def forward(self, x):  # [batch, PAST, 1] → [batch, AHEAD]
        return self.head(self.encoder(self.position(self.enter(x)))[:, -1])


class Load(gonogo.Experiment[Config]):
    task = gonogo.regression(outputs=AHEAD)

    def datasets(self):
        curve = load_curve()
        past, later = curve[:1440], curve[1440:]
        mean, std = past.mean(), past.std()
        return {"train": Windows((past - mean) / std), "val": Windows((later - mean) / std)}

    def model(self):
        return Forecaster(self.config)

    def optimizers(self, model):
        optimizer = torch.optim.AdamW(model.parameters(), lr=self.config.lr)
        warm_up = max(1, self.steps // 10)
        return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / warm_up))
