"""Own accumulation over 16 micro-batches of 4."""

import gonogo
import torch
import torch.nn.functional as F
from small_data import clouds, loaders
from torch import nn

model = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 6))
train_loader, val_loader = loaders(clouds, batch_size=4, train=1280)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
ACC, micro = 32, 0


def step(batch):
    global micro
    x, y = batch
    model.train()
    loss = F.cross_entropy(model(x), y)
    (loss / ACC).backward()
    micro += 1
    if micro % ACC == 0:
        optimizer.step()
        optimizer.zero_grad()
    return loss


experiment = gonogo.adapt(model, optimizer, train_loader, val_loader, task=gonogo.classification(classes=6), train_step=step)
