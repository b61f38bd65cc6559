"""Two tasks with PCGrad: gradients by autograd.grad, projected, and put into .grad by hand."""

import gonogo
import torch
import torch.nn.functional as F
from small_data import clouds, loaders
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.a, self.b = nn.Sequential(nn.Linear(16, 64), nn.ReLU()), nn.Linear(64, 6), nn.Linear(64, 1)

    def forward(self, x):
        h = self.body(x)
        return self.a(h), self.b(h).squeeze(1)


model = Net()
train_loader, val_loader = loaders(clouds)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)


def losses(batch):
    x, y = batch
    a, b = model(x)
    return F.cross_entropy(a, y), F.mse_loss(b, x[:, 0] * 0.5)


def step(batch):
    model.train()
    ps = list(model.parameters())
    one, two = losses(batch)
    g1 = torch.autograd.grad(one, ps, retain_graph=True, allow_unused=True)
    g2 = torch.autograd.grad(two, ps, allow_unused=True)
    g1 = [torch.zeros_like(p) if g is None else g for g, p in zip(g1, ps)]
    g2 = [torch.zeros_like(p) if g is None else g for g, p in zip(g2, ps)]
    dot = sum((a * b).sum() for a, b in zip(g1, g2))
    if dot < 0:
        n = sum((b * b).sum() for b in g2)
        g1 = [a - dot / n * b for a, b in zip(g1, g2)]
    optimizer.zero_grad()
    for p, a, b in zip(ps, g1, g2):
        p.grad = a + b
    optimizer.step()
    return (one + two).detach()


@torch.no_grad()
def evaluate(loader):
    model.eval()
    s = n = r = 0
    for batch in loader:
        a, b = losses(batch)
        k = len(batch[0])
        s += (a + b).item() * k
        n += k
        r += (model(batch[0])[0].argmax(1) == batch[1]).sum().item()
    return {"val_loss": s / n, "val_accuracy": r / n}


experiment = gonogo.adapt(model, optimizer, train_loader, val_loader, task=gonogo.custom(), train_step=step, evaluate=evaluate)
