"""Model-agnostic meta-learning on sines."""

import gonogo
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call


class SineTask:
    def __init__(self, rng):
        self.amplitude, self.phase, self.rng = rng.uniform(0.1, 5.0), rng.uniform(0, np.pi), rng

    def sample(self, k):
        x = torch.tensor(self.rng.uniform(-5, 5, (k, 1)), dtype=torch.float32)
        return x, self.amplitude * torch.sin(x + self.phase)


class MAML(gonogo.Experiment[None]):
    task = gonogo.custom()
    inner_lr, meta_batch, k = 0.01, 8, 10

    def setup(self):
        self.train_loader, self.val_loader = range(150), range(20)
        self.rng = np.random.default_rng(self.seed)
        self.model = nn.Sequential(nn.Linear(1, 40), nn.ReLU(), nn.Linear(40, 40), nn.ReLU(), nn.Linear(40, 1))
        self.meta_optimizer = torch.optim.Adam(self.model.parameters(), lr=2e-3)

    def adapt(self, task, steps, create_graph):
        params = dict(self.model.named_parameters())
        x, y = task.sample(self.k)
        for _ in range(steps):
            loss = F.mse_loss(functional_call(self.model, params, (x,)), y)
            grads = torch.autograd.grad(loss, list(params.values()), create_graph=create_graph)
            params = {name: p - self.inner_lr * g for (name, p), g in zip(params.items(), grads)}
        return params

    def train_step(self, _):
        meta_loss = 0
        for _ in range(self.meta_batch):
            task = SineTask(self.rng)
            params = self.adapt(task, 1, create_graph=True)
            x, y = task.sample(self.k)
            meta_loss = meta_loss + F.mse_loss(functional_call(self.model, params, (x,)), y)
        meta_loss = meta_loss / self.meta_batch
        self.meta_optimizer.zero_grad()
        meta_loss.backward()
        self.meta_optimizer.step()
        return meta_loss

    def evaluate(self, loader):
        losses = []
        for i in loader:
            task = SineTask(np.random.default_rng(10_000 + i))
            params = self.adapt(task, 5, create_graph=False)
            x, y = task.sample(50)
            with torch.no_grad():
                losses.append(F.mse_loss(functional_call(self.model, params, (x,)), y).item())
        return {"val_loss": sum(losses) / len(losses)}
