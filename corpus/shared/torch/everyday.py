"""Everyday data and an everyday loop: digits, patients, sentences, shapes; a step, an evaluation, a checkpoint. Healthy.
Not a bug itself."""

from dataclasses import dataclass

import gonogo
import numpy as np
import torch
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Config:
    width: int = gonogo.number(32, min=2, max=512)
    lr: float = gonogo.number(3e-3, above=0)
    dropout: float = gonogo.number(0.1, min=0, max=0.9)


def order_of(count, seed=5):
    return np.random.default_rng(seed).permutation(count)


def digits(flat=False):
    """→ (train images, train labels), (val images, val labels); images [N, 1, 8, 8] or [N, 64]."""
    x, y = load_digits(return_X_y=True)
    rows = order_of(len(x))[:1000]
    x, y = torch.tensor(x[rows] / 8 - 1, dtype=torch.float32), torch.tensor(y[rows], dtype=torch.int64)
    x = x if flat else x.view(-1, 1, 8, 8)
    return (x[:770], y[:770]), (x[770:], y[770:])


def tumours():
    """Thirty measurements of a cell → malignant or not, standardised by the training rows."""
    x, y = load_breast_cancer(return_X_y=True)
    rows = order_of(len(x))
    x, y = x[rows], y[rows]
    x = (x - x[:440].mean(0)) / x[:440].std(0)
    x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.int64)
    return (x[:440], y[:440]), (x[440:], y[440:])


def diabetes():
    """Ten measurements of a patient → the progress of the disease, both standardised."""
    x, y = load_diabetes(return_X_y=True)
    rows = order_of(len(x))
    x, y = x[rows] / x.std(0), y[rows]
    y = (y - y[:340].mean()) / y[:340].std()
    x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
    return (x[:340], y[:340]), (x[340:], y[340:])


def sentences(count, seed, words=40, time=12, classes=4):
    """Rows of word ids; of each class some words come more often."""
    g = torch.Generator().manual_seed(seed)
    label = torch.randint(classes, (count,), generator=g)
    ids = torch.randint(1, words, (count, time), generator=g)
    own = torch.rand(count, time, generator=g) < 0.4
    special = 1 + 4 * label[:, None] + torch.randint(4, (count, time), generator=g)
    return torch.where(own, special, ids), label


def shapes(count, seed, size=16):
    """Bright discs in the left half, dim ones anywhere, in noise → pictures [N, 1, S, S], masks [N, S, S] of 0, 1 and 2."""
    g = torch.Generator().manual_seed(seed)
    rows, columns = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    pictures, masks = 0.2 * torch.randn(count, 1, size, size, generator=g), torch.zeros(count, size, size, dtype=torch.int64)
    for index in range(count):
        for kind, (low, high) in ((1, (3, size // 2 - 2)), (2, (3, size - 3))):
            y, x = (int(torch.randint(*span, (), generator=g)) for span in ((3, size - 3), (low, high)))
            disc = (rows - y) ** 2 + (columns - x) ** 2 <= int(torch.randint(4, 10, (), generator=g))
            pictures[index, 0][disc] += 1.5 if kind == 1 else -1.2
            masks[index][disc] = kind
    return pictures, masks


class Loop(gonogo.Experiment[Config]):
    """A loop of the project's own. What `kept` names is in the checkpoint."""

    kept = ("model", "optimizer")

    def loaders_of(self, train, val, **more):
        train = train if hasattr(train, "__getitem__") and not isinstance(train, tuple) else TensorDataset(*train)
        val = val if hasattr(val, "__getitem__") and not isinstance(val, tuple) else TensorDataset(*val)
        self.train_loader = DataLoader(train, batch_size=self.batch_size, shuffle=True, **more)
        self.val_loader = DataLoader(val, batch_size=self.evaluate_batch_size)

    def update(self, loss):
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return {"loss": loss.detach()}

    def save(self, path):
        torch.save({**{name: getattr(self, name).state_dict() for name in self.kept}, "progress": self.progress.state_dict()}, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        for name in (*self.kept, "progress"):
            getattr(self, name).load_state_dict(state[name])


def mlp(inputs, width, outputs, dropout=0.0):
    return nn.Sequential(
        nn.Linear(inputs, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, outputs)
    )
