"""Five warm-up steps by LinearLR, then cosine by epoch
five epochs."""

import gonogo
import torch
import torch.nn.functional as F
from small_data import clouds, loaders
from torch import nn

model = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 6))
train_loader, val_loader = loaders(clouds)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
warmup = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.1, total_iters=5)
main = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[3, 4], gamma=0.1)


def step(batch):
    x, y = batch
    model.train()
    loss = F.cross_entropy(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    warmup.step()
    return loss


experiment = gonogo.adapt(model, optimizer, train_loader, val_loader, task=gonogo.classification(classes=6), train_step=step, on_epoch_end=lambda: main.step())
