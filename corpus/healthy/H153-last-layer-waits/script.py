"""DINO-like: gradients of the last layer are cancelled during the first epoch."""

import gonogo
import torch
import torch.nn.functional as F
from small_data import clouds, loaders
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(16, 64), nn.GELU(), nn.Linear(64, 32))
        self.last_layer = nn.Linear(32, 6, bias=False)

    def forward(self, x):
        return self.last_layer(F.normalize(self.body(x), dim=-1)) * 5


model = Net()
train_loader, val_loader = loaders(clouds)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
it = 0


def step(batch):
    global it
    x, y = batch
    model.train()
    loss = F.cross_entropy(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    if it // len(train_loader) < 1:
        for n, p in model.named_parameters():
            if "last_layer" in n:
                p.grad = None
    optimizer.step()
    it += 1
    return loss


experiment = gonogo.adapt(model, optimizer, train_loader, val_loader, task=gonogo.classification(classes=6), train_step=step)
