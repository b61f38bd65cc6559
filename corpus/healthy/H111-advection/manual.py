"""Solves u_t + c u_x = 0 on a ring with a network: initial values from a table, the equation at random points."""

import math
from dataclasses import dataclass

import gonogo
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SPEED = 0.5


@dataclass
class Config:
    width: int = gonogo.number(64, min=8)
    points: int = gonogo.number(128, min=8)
    lr: float = gonogo.number(1e-2, above=0)


def exact(x, t):
    return torch.sin(math.pi * (x - SPEED * t)) + 0.3 * torch.cos(2 * math.pi * (x - SPEED * t))


class Solution(nn.Module):
    """Periodic in x by construction."""

    def __init__(self, width):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(5, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1))

    def forward(self, x, t):
        features = [torch.sin(math.pi * x), torch.cos(math.pi * x), torch.sin(2 * math.pi * x), torch.cos(2 * math.pi * x), t]
        return self.net(torch.stack(features, 1)).squeeze(1)


class Advection(gonogo.Experiment[Config]):
    task = gonogo.custom(floor=0.0)

    def setup(self):
        g = torch.Generator().manual_seed(5)
        x = 2 * torch.rand(640, generator=g) - 1
        self.train_loader = DataLoader(TensorDataset(x, exact(x, torch.zeros_like(x))), batch_size=self.batch_size, shuffle=True)
        x, t = 2 * torch.rand(300, generator=g) - 1, torch.rand(300, generator=g)
        self.val_loader = DataLoader(TensorDataset(x, exact(x, t), t), batch_size=self.evaluate_batch_size)
        self.model = Solution(self.config.width)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=self.config.lr)

    def residual(self, x, t):
        x, t = x.requires_grad_(), t.requires_grad_()
        u = self.model(x, t)
        u_x, u_t = torch.autograd.grad(u, (x, t), torch.ones_like(u), create_graph=True)
        return u_t + SPEED * u_x

    def train_step(self, batch):
        x, u0 = batch
        self.model.train()
        start = (self.model(x, torch.zeros_like(x)) - u0).pow(2).mean()
        physics = self.residual(2 * torch.rand(self.config.points) - 1, torch.rand(self.config.points)).pow(2).mean()
        loss = start + physics
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return {"loss": loss, "start": start, "physics": physics}

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        squared = count = 0
        for x, u, t in loader:
            squared += (self.model(x, t) - u).pow(2).sum().item()
            count += len(u)
        return {"val_loss": squared / count}

    def save(self, path):
        torch.save({"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "progress": self.progress.state_dict()}, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.progress.load_state_dict(state["progress"])
