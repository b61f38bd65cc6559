"""Emotion regression with 1 - concordance."""

import gonogo
import torch
from small_data import curve, loaders
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, x):
        return self.net(x).squeeze(1)


def ccc(p, y):
    cov = ((p - p.mean()) * (y - y.mean())).mean()
    return 2 * cov / (p.var(unbiased=False) + y.var(unbiased=False) + (p.mean() - y.mean()) ** 2 + 1e-8)


model = Net()
train_loader, val_loader = loaders(curve)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)


def step(batch):
    x, y = batch
    model.train()
    loss = 1 - ccc(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


@torch.no_grad()
def evaluate(loader):
    model.eval()
    p = torch.cat([model(x) for x, _ in loader])
    y = torch.cat([y for _, y in loader])
    return {"val_loss": (1 - ccc(p, y)).item(), "val_ccc": ccc(p, y).item()}


experiment = gonogo.adapt(model, optimizer, train_loader, val_loader, task=gonogo.regression(outputs=1), train_step=step, evaluate=evaluate, objective="ccc", directions={"ccc": "max"})
