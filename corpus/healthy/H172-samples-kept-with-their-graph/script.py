"""Low energy where the data lie: samples follow the energy's gradient from where they were left the last time."""

import random

import gonogo
import torch
from project import points
from torch import nn
from torch.utils.data import DataLoader

BATCH = 32
energy = nn.Sequential(nn.Linear(12, 32), nn.SiLU(), nn.Linear(32, 32), nn.SiLU(), nn.Linear(32, 1))
optimizer = torch.optim.Adam(energy.parameters(), lr=1e-3, betas=(0.0, 0.999))
train_loader = DataLoader(points(640, 1), batch_size=BATCH, shuffle=True, drop_last=True)
val_loader = DataLoader(points(203, 2), batch_size=50)


class Walkers:
    """The latest samples; each is one row, as the split of the last batch has left it."""

    def __init__(self):
        self.rows = [torch.randn(1, 12) for _ in range(BATCH)]

    def draw(self, steps=8):
        x = torch.cat(random.choices(self.rows, k=BATCH)).detach()
        x.requires_grad = True
        for parameter in energy.parameters():
            parameter.requires_grad = False
        for _ in range(steps):
            x.data.add_(0.01 * torch.randn_like(x))
            energy(x).sum().backward()
            x.data.sub_(0.1 * x.grad.clamp(-0.5, 0.5))
            x.grad.zero_()
        for parameter in energy.parameters():
            parameter.requires_grad = True
        self.rows = [*x.chunk(BATCH), *self.rows][:256]
        return x.detach()


walkers = Walkers()


def train_step(batch):
    real, made = energy(batch[0]), energy(walkers.draw())
    loss = real.mean() - made.mean() + 0.1 * (real.square() + made.square()).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


@torch.no_grad()
def evaluate(loader):
    total = sum(energy(x).sum().item() for x, _ in loader)
    return {"val_energy": total / len(loader.dataset)}


experiment = gonogo.adapt(
    energy,
    optimizer,
    train_loader,
    val_loader,
    task=gonogo.custom(),
    objective="energy",
    directions={"energy": "min"},
    train_step=train_step,
    evaluate=evaluate,
)
