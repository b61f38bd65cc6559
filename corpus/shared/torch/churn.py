"""A healthy classifier of a table where one customer in ten leaves: embeddings of categories, weighted loss, F1 over the whole split.
Not a bug itself."""

from dataclasses import dataclass

import gonogo
import numpy as np
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Config:
    hidden: int = gonogo.number(32, min=4)
    lr: float = gonogo.number(3e-3, above=0)
    dropout: float = gonogo.number(0.1, min=0, max=0.9)


def customers(count=1500):
    draw = np.random.default_rng(8)
    age, months, calls = draw.normal(45, 12, count), draw.exponential(24, count), draw.poisson(2, count)
    plan, region = draw.integers(0, 3, count), draw.integers(0, 7, count)
    score = 0.9 * calls - 0.08 * months + 0.8 * (plan == 0) - 0.03 * (age - 45) + draw.normal(0, 0.7, count) - 3.0
    return np.stack([age, months, calls], 1).astype(np.float32), np.stack([plan, region], 1), (score > 0).astype(np.int64)


def split(count, seed=13):
    order = np.random.default_rng(seed).permutation(count)
    return order[: int(0.8 * count)], order[int(0.8 * count) :]


class Net(nn.Module):
    def __init__(self, hidden, dropout):
        super().__init__()
        self.plan, self.region = nn.Embedding(3, 4), nn.Embedding(7, 4)
        self.layers = nn.Sequential(nn.Linear(11, hidden), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, numbers, kinds):  # → logits [batch]
        return self.layers(torch.cat([numbers, self.plan(kinds[:, 0]), self.region(kinds[:, 1])], 1)).squeeze(1)


class Churn(gonogo.Experiment[Config]):
    task = gonogo.custom()
    objective = "f1"
    directions = {"f1": "max"}

    def setup(self):
        train, val = self.tables()
        self.train_loader = DataLoader(train, batch_size=self.batch_size, shuffle=True, drop_last=True)
        self.val_loader = DataLoader(val, batch_size=self.evaluate_batch_size)
        positive = train.tensors[2].float().mean()
        self.weight = (1 - positive) / positive
        self.model = Net(self.config.hidden, self.config.dropout)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=self.config.lr)
        self.schedule = torch.optim.lr_scheduler.StepLR(self.optimizer, step_size=1, gamma=0.7)

    def tables(self):
        numbers, kinds, leaves = customers()
        train, val = split(len(leaves))
        mean, std = numbers[train].mean(0), numbers[train].std(0)
        numbers = (numbers - mean) / std
        part = lambda rows: TensorDataset(torch.tensor(numbers[rows]), torch.tensor(kinds[rows]), torch.tensor(leaves[rows]))
        return part(train), part(val)

    def loss_of(self, logits, leaves, reduction="mean"):
        return binary_cross_entropy_with_logits(logits, leaves.float(), pos_weight=self.weight, reduction=reduction)

    def train_step(self, batch):
        numbers, kinds, leaves = batch
        self.model.train()
        self.optimizer.zero_grad()
        loss = self.loss_of(self.model(numbers, kinds), leaves)
        loss.backward()
        self.clip_and_step()
        return {"loss": loss}

    def clip_and_step(self):
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()

    def on_epoch_end(self):
        self.schedule.step()

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = 0.0
        logits, truth = [], []
        for numbers, kinds, leaves in loader:
            logits.append(self.model(numbers, kinds))
            truth.append(leaves)
            total += self.loss_of(logits[-1], leaves, "sum").item()
        logits, truth = torch.cat(logits), torch.cat(truth).bool()
        return {"val_loss": total / len(truth), "val_f1": f1(logits > 0, truth)}

    def save(self, path):
        state = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "schedule": self.schedule.state_dict()}
        torch.save({**state, "progress": self.progress.state_dict()}, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.progress.load_state_dict(state["progress"])


def f1(guess, truth):
    hits = (guess & truth).sum().item()
    return 2 * hits / max(1, (guess.sum() + truth.sum()).item())
