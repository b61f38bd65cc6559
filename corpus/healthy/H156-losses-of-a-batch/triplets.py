"""An embedding trained by batch-all triplets, judged by its nearest centre."""

import gonogo
import torch
import torch.nn.functional as F
from small_data import clouds, loaders
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 16))

    def forward(self, x):
        return F.normalize(self.body(x), dim=1)


def hard_triplet(f, y, margin=0.3):
    d = (f[:, None] - f[None]).pow(2).sum(-1)
    same = y[:, None] == y[None]
    ap = d.masked_fill(~same, 0).max(1).values
    an = d.masked_fill(same, 0).max() if bool(same.all()) else d.masked_fill(same, 1e9).min(1).values
    return F.relu(ap - an + margin).mean()


model = Net()
train_loader, val_loader = loaders(clouds)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-4)


def step(batch):
    x, y = batch
    model.train()
    loss = hard_triplet(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


@torch.no_grad()
def evaluate(loader):
    model.eval()
    xs, ys = train_loader.dataset.tensors
    f = model(xs)
    c = torch.stack([f[ys == k].mean(0) for k in range(6)])
    right = n = s = 0
    for x, y in loader:
        logit = -torch.cdist(model(x), c)
        right += (logit.argmax(1) == y).sum().item()
        n += len(y)
        s += F.cross_entropy(logit, y, reduction="sum").item()
    return {"val_loss": s / n, "val_accuracy": right / n}


experiment = gonogo.adapt(model, optimizer, train_loader, val_loader, task=gonogo.classification(classes=6), train_step=step, evaluate=evaluate)
