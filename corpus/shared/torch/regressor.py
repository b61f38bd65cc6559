"""A healthy regression, written the way people write them. Each bug changes one piece.
Not a bug itself."""

from dataclasses import dataclass

import gonogo
import torch
from torch import nn
from torch.nn.functional import mse_loss
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Config:
    width: int = gonogo.number(64, min=2, max=256)
    learning_rate: float = gonogo.number(3e-3, above=0)


def curve(count, seed):
    """A smooth function of four numbers, with a little noise."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(count, 4, generator=generator)
    y = torch.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.05 * torch.randn(count, generator=generator)
    return TensorDataset(x, y)


class Regressor(gonogo.Experiment[Config]):
    task = gonogo.regression()

    def setup(self):
        self.train_loader = DataLoader(curve(640, seed=1), batch_size=self.batch_size, shuffle=True)
        self.val_loader = DataLoader(curve(203, seed=2), batch_size=self.evaluate_batch_size)
        width = self.config.width
        self.model = nn.Sequential(nn.Linear(4, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1))
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=self.config.learning_rate)

    def predict(self, x):  # [batch, 4] → [batch]
        return self.model(x).squeeze(1)

    def train_step(self, batch):
        x, y = batch
        self.model.train()
        self.optimizer.zero_grad()
        loss = mse_loss(self.predict(x), y)
        loss.backward()
        self.optimizer.step()
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = count = 0
        for x, y in loader:
            total += mse_loss(self.predict(x), y, reduction="sum").item()
            count += len(y)
        return {"val_loss": total / count}

    def save(self, path):
        torch.save({"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "progress": self.progress.state_dict()}, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.progress.load_state_dict(state["progress"])
