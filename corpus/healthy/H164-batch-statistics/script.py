"""Batch norm that keeps no running statistics: it normalises over the batch when it evaluates, too."""

import gonogo
import torch
from small_data import clouds, loaders
from torch import nn


def norm(width):
    return nn.BatchNorm1d(width, track_running_stats=False)


model = nn.Sequential(nn.Linear(16, 64), norm(64), nn.ReLU(), nn.Linear(64, 6))
train_loader, val_loader = loaders(clouds, batch_size=64)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
experiment = gonogo.adapt(model, optimizer, train_loader, val_loader, task=gonogo.classification(classes=6))
