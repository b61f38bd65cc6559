"""A healthy diffusion model: sampled time steps, sinusoidal embedding, prediction of the noise, an average of the weights.
Not a bug itself."""

import copy
import math
from dataclasses import dataclass

import gonogo
import torch
from torch import nn
from torch.nn.functional import mse_loss
from torch.utils.data import DataLoader, TensorDataset

STEPS = 100


@dataclass
class Config:
    width: int = gonogo.number(64, min=8)
    lr: float = gonogo.number(2e-3, above=0)
    decay: float = gonogo.number(0.99, min=0, max=1)


def moons(count, seed):
    generator = torch.Generator().manual_seed(seed)
    angle = math.pi * torch.rand(count, generator=generator)
    side = torch.randint(2, (count,), generator=generator).float()
    x = torch.stack([angle.cos() + side - 0.5, angle.sin() * (1 - 2 * side) + 0.5 * side - 0.25], 1)
    return x + 0.05 * torch.randn(count, 2, generator=generator)


def embedded(t, dimension=32):
    """Time steps [batch] → [batch, dimension]."""
    half = dimension // 2
    frequency = torch.exp(-math.log(10_000) * torch.arange(half) / half)
    angle = t.float()[:, None] * frequency[None]
    return torch.cat([angle.sin(), angle.cos()], 1)


class Denoiser(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.time = nn.Sequential(nn.Linear(32, width), nn.SiLU(), nn.Linear(width, width))
        self.start, self.middle, self.end = nn.Linear(2, width), nn.Linear(width, width), nn.Linear(width, 2)

    def forward(self, x, t):
        time = self.time(embedded(t))
        h = torch.nn.functional.silu(self.start(x) + time)
        h = torch.nn.functional.silu(self.middle(h) + time)
        return self.end(h)


class Ddpm(gonogo.Experiment[Config]):
    task = gonogo.custom(initial={"loss": 1.0})

    def setup(self):
        self.train_loader = DataLoader(TensorDataset(moons(800, 1)), batch_size=self.batch_size, shuffle=True)
        self.val_loader = DataLoader(TensorDataset(moons(200, 2)), batch_size=self.evaluate_batch_size)
        self.model = Denoiser(self.config.width)
        self.ema = copy.deepcopy(self.model).requires_grad_(False)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=self.config.lr)
        self.kept = torch.cumprod(1 - torch.linspace(1e-4, 0.1, STEPS), 0)

    def noised(self, x, t, noise):
        kept = self.kept[t][:, None]
        return kept.sqrt() * x + (1 - kept).sqrt() * noise

    def train_step(self, batch):
        (x,) = batch
        self.model.train()
        t = torch.randint(0, STEPS, (len(x),))
        noise = torch.randn_like(x)
        loss = mse_loss(self.model(self.noised(x, t, noise), t), noise)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.update_ema()
        return {"loss": loss}

    @torch.no_grad()
    def update_ema(self):
        for mean, live in zip(self.ema.parameters(), self.model.parameters()):
            mean.lerp_(live, 1 - self.config.decay)

    @torch.no_grad()
    def evaluate(self, loader):
        """The average's loss, on the same times and noise in every evaluation."""
        generator = torch.Generator().manual_seed(1234)
        self.ema.eval()
        total = count = 0
        for (x,) in loader:
            t = torch.randint(0, STEPS, (len(x),), generator=generator)
            noise = torch.randn(x.shape, generator=generator)
            total += mse_loss(self.ema(self.noised(x, t, noise), t), noise, reduction="sum").item()
            count += x.numel()
        return {"val_loss": total / count}

    def save(self, path):
        state = {"model": self.model.state_dict(), "ema": self.ema.state_dict(), "optimizer": self.optimizer.state_dict()}
        torch.save({**state, "progress": self.progress.state_dict()}, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.ema.load_state_dict(state["ema"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.progress.load_state_dict(state["progress"])
