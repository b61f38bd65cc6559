"""Forecast from bars of a random walk, split in time, scaled by training's statistics."""

import gonogo
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

rng = np.random.default_rng(68)
close = 100 * np.exp(np.cumsum(0.0004 + 0.012 * rng.standard_normal(1500)))
open_ = np.roll(close, 1)
open_[0] = 100
high, low = np.maximum(open_, close) * (1 + 0.004 * rng.random(1500)), np.minimum(open_, close) * (1 - 0.004 * rng.random(1500))
bars = np.stack([open_, high, low, close], 1).astype("float32")
cut = 1100
mean, std = bars[:cut].mean(0), bars[:cut].std(0)
z = (bars - mean) / std
W = 20


def windows(a, b):
    x = np.stack([z[i:i + W] for i in range(a, b - W - 1)])
    y = np.array([z[i + W, 3] - z[i + W - 1, 3] for i in range(a, b - W - 1)])
    return TensorDataset(torch.from_numpy(x), torch.from_numpy(y).float())


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru, self.out = nn.GRU(4, 32, batch_first=True), nn.Linear(32, 1)

    def forward(self, x):
        return self.out(self.gru(x)[0][:, -1]).squeeze(1)


model = Net()
train_loader = DataLoader(windows(0, cut), batch_size=32, shuffle=True)
val_loader = DataLoader(windows(cut, 1500), batch_size=100)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
experiment = gonogo.adapt(model, optimizer, train_loader, val_loader, task=gonogo.regression(outputs=1))
