"""Prototypical networks, flat episodes of 5 ways with 3 shots and 5 queries, labels within the episode."""

import gonogo
import torch
import torch.nn.functional as F
from small_data import clouds
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

X, Y = clouds(1500, seed=3, classes=20)
XV, YV = clouds(1500, seed=4, classes=20)


class Episodes(torch.utils.data.Sampler):
    def __init__(self, labels, classes, count, seed):
        self.by = [torch.nonzero(labels == c).flatten() for c in classes]
        self.count, self.g = count, torch.Generator().manual_seed(seed)

    def __len__(self):
        return self.count

    def __iter__(self):
        for _ in range(self.count):
            ways = torch.randperm(len(self.by), generator=self.g)[:5]
            yield torch.cat([self.by[w][torch.randperm(len(self.by[w]), generator=self.g)[:8]] for w in ways]).tolist()


model = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 32))
train_loader = DataLoader(TensorDataset(X, Y), batch_sampler=Episodes(Y, range(14), 40, 0))
val_loader = DataLoader(TensorDataset(XV, YV), batch_sampler=Episodes(YV, range(14, 20), 20, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)


def episode(batch):
    x, _ = batch
    z = model(x).view(5, 8, -1)
    proto, query = z[:, :3].mean(1), z[:, 3:].reshape(25, -1)
    logits = -torch.cdist(query, proto).pow(2)
    y = torch.arange(5).repeat_interleave(5)
    return F.cross_entropy(logits, y), (logits.argmax(1) == y).float().mean()


def step(batch):
    model.train()
    loss, _ = episode(batch)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


@torch.no_grad()
def evaluate(loader):
    model.eval()
    out = [episode(b) for b in loader]
    return {"val_loss": sum(l.item() for l, _ in out) / len(out), "val_accuracy": sum(a.item() for _, a in out) / len(out)}


experiment = gonogo.adapt(model, optimizer, train_loader, val_loader, task=gonogo.classification(classes=5), train_step=step, evaluate=evaluate)
