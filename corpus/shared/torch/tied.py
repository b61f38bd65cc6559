"""A healthy denoising autoencoder whose decoder uses the encoder's weights.
Not a bug itself."""

from dataclasses import dataclass

import gonogo
import torch
from torch import nn
from torch.nn.functional import linear, mse_loss
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Config:
    code: int = gonogo.number(8, min=2)
    noise: float = gonogo.number(0.3, min=0)
    lr: float = gonogo.number(5e-3, above=0)


def curves(count, seed):
    """Sums of three waves at 32 places, standardised."""
    generator = torch.Generator().manual_seed(seed)
    places = torch.linspace(0, 6.2832, 32)
    phase, height = 6.2832 * torch.rand(count, 3, 1, generator=generator), torch.randn(count, 3, 1, generator=generator)
    return TensorDataset((height * torch.sin(torch.tensor([1.0, 2.0, 3.0])[:, None] * places + phase)).sum(1) / 1.22)


class Tied(nn.Module):
    def __init__(self, code):
        super().__init__()
        self.first, self.second = nn.Linear(32, 48), nn.Linear(48, code)
        self.back, self.out = nn.Parameter(torch.zeros(48)), nn.Parameter(torch.zeros(32))

    def decode(self, z):
        h = torch.tanh(linear(z, self.second.weight.T, self.back))
        return linear(h, self.first.weight.T, self.out)

    def forward(self, x):
        return self.decode(self.second(torch.tanh(self.first(x))))


class Denoiser(gonogo.Experiment[Config]):
    task = gonogo.custom()

    def setup(self):
        self.train_loader = DataLoader(curves(640, 1), batch_size=self.batch_size, shuffle=True)
        self.val_loader = DataLoader(curves(170, 2), batch_size=self.evaluate_batch_size)
        self.model = self.build()
        self.optimizer = torch.optim.RMSprop(self.model.parameters(), lr=self.config.lr / 5)

    def build(self):
        return Tied(self.config.code)

    def train_step(self, batch):
        (x,) = batch
        self.model.train()
        self.optimizer.zero_grad()
        loss = mse_loss(self.model(x + self.config.noise * torch.randn_like(x)), x)
        loss.backward()
        self.optimizer.step()
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = count = 0
        for (x,) in loader:
            total += mse_loss(self.model(x), x, reduction="sum").item()
            count += x.numel()
        return {"val_loss": total / count}

    def save(self, path):
        torch.save({"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "progress": self.progress.state_dict()}, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.progress.load_state_dict(state["progress"])
