"""Gaze direction as a unit vector, loss minus the cosine."""

import gonogo
import torch
import torch.nn.functional as F
from small_data import loaders
from torch import nn


def gaze(n, seed):
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 12, generator=g)
    w = torch.randn(12, 3, generator=torch.Generator().manual_seed(1)) * 0.2
    y = F.normalize(torch.tanh(x @ w) + torch.tensor([0.0, 0.0, 1.0]) + 0.05 * torch.randn(n, 3, generator=g), dim=1)
    return x, y


model = nn.Sequential(nn.Linear(12, 64), nn.ReLU(), nn.Linear(64, 3))
with torch.no_grad():
    model[-1].bias.copy_(torch.tensor([0.0, 0.0, 0.5]))


train_loader, val_loader = loaders(gaze)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)


def loss(batch):
    x, y = batch
    return -F.cosine_similarity(model(x), y).mean()


experiment = gonogo.adapt(model, optimizer, train_loader, val_loader, task=gonogo.regression(outputs=3), loss=loss)
