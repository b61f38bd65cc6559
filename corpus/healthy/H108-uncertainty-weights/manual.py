"""Age and group from one trunk; the tasks are weighted by their learned uncertainty."""

import math
from dataclasses import dataclass

import gonogo
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

GROUPS = 5


@dataclass
class Config:
    width: int = gonogo.number(48, min=4)
    lr: float = gonogo.number(3e-3, above=0)


def people(count, seed):
    g = torch.Generator().manual_seed(31)
    to_age, to_group = torch.randn(20, generator=g) / 4, torch.randn(20, GROUPS, generator=g) / 2
    g.manual_seed(seed)
    x = torch.randn(count, 20, generator=g)
    age = torch.tanh(x @ to_age) + 0.1 * torch.randn(count, generator=g)
    group = (x @ to_group + 0.3 * torch.randn(count, GROUPS, generator=g)).argmax(1)
    return TensorDataset(x, age, group)


class TwoHeads(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(20, width), nn.ReLU(), nn.LayerNorm(width), nn.Linear(width, width), nn.ReLU())
        self.age, self.group = nn.Linear(width, 1), nn.Linear(width, GROUPS)

    def forward(self, x):
        h = self.trunk(x)
        return self.age(h).squeeze(1), self.group(h)


class UncertaintyLoss(nn.Module):
    """Kendall, Gal and Cipolla 2018."""

    def __init__(self, tasks):
        super().__init__()
        self.log_vars = nn.Parameter(torch.zeros(tasks))

    def forward(self, losses):
        total = 0.0
        for loss, log_var in zip(losses, self.log_vars):
            total = total + torch.exp(-log_var) * loss + 0.5 * log_var
        return total


class AgeAndGroup(gonogo.Experiment[Config]):
    task = gonogo.custom()

    def setup(self):
        self.train_loader = DataLoader(people(700, 1), batch_size=self.batch_size, shuffle=True)
        self.val_loader = DataLoader(people(190, 2), batch_size=self.evaluate_batch_size)
        self.model = TwoHeads(self.config.width)
        self.criterion = UncertaintyLoss(2)
        self.optimizer = torch.optim.Adam([*self.model.parameters(), *self.criterion.parameters()], lr=self.config.lr)

    def train_step(self, batch):
        x, age, group = batch
        self.model.train()
        age_out, group_out = self.model(x)
        loss = self.criterion([F.mse_loss(age_out, age), F.cross_entropy(group_out, group)])
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return {"loss": loss}

    def evaluate(self, loader):
        self.model.eval()
        age_loss = group_loss = right = n = 0
        with torch.no_grad():
            for x, age, group in loader:
                age_out, group_out = self.model(x)
                age_loss += F.mse_loss(age_out, age, reduction="sum").item()
                group_loss += F.cross_entropy(group_out, group, reduction="sum").item()
                right += (group_out.argmax(1) == group).sum().item()
                n += len(x)
        # unweighted: comparable from epoch to epoch
        return {"val_loss": (age_loss + group_loss) / n, "val_age_rmse": math.sqrt(age_loss / n), "val_group_accuracy": right / n}

    directions = {"age_rmse": "min", "group_accuracy": "max"}

    def save(self, path):
        state = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "progress": self.progress.state_dict()}
        state["criterion"] = self.criterion.state_dict()
        torch.save(state, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.criterion.load_state_dict(state["criterion"])
        self.progress.load_state_dict(state["progress"])
