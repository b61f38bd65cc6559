"""House prices. The best model on the validation rows is kept and goes into the checkpoint."""

import copy
import math

import gonogo
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

COLUMNS = ["area", "rooms", "age", "distance", "floor", "garden", "price"]


def read_table(n=1100):
    """What the agency sent: some cells are empty."""
    rng = np.random.default_rng(12)
    area, rooms = rng.gamma(9, 12, n), rng.integers(1, 7, n)
    age, distance = rng.uniform(0, 90, n), rng.exponential(6, n)
    floor, garden = rng.integers(0, 9, n), rng.random(n) < 0.3
    log_price = 9.5 + 0.8 * np.log(area) + 0.05 * rooms - 0.004 * age - 0.05 * distance + 0.2 * garden + rng.normal(0, 0.08, n)
    table = np.column_stack([area, rooms, age, distance, floor, garden, np.exp(log_price)])
    table[rng.random(n) < 0.05, 2] = np.nan
    return table


table = read_table()
features, price = table[:, :-1], table[:, -1]
complete = ~np.isnan(features).any(axis=1)
features, price = features[complete], price[complete]

order = np.random.default_rng(0).permutation(len(features))
cut = int(0.8 * len(order))
train_rows, val_rows = order[:cut], order[cut:]

mean, std = features[train_rows].mean(0), features[train_rows].std(0)
x = torch.tensor((features - mean) / std, dtype=torch.float32)
log_mean, log_std = np.log(price[train_rows]).mean(), np.log(price[train_rows]).std()
y = torch.tensor((np.log(price) - log_mean) / log_std, dtype=torch.float32)[:, None]

train_loader = DataLoader(TensorDataset(x[train_rows], y[train_rows]), batch_size=32, shuffle=True)
val_loader = DataLoader(TensorDataset(x[val_rows], y[val_rows]), batch_size=64)

model = nn.Sequential(nn.Linear(x.shape[1], 64), nn.ReLU(), nn.Dropout(0.05), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
best = {"loss": math.inf, "state": None}


def train_step(batch):
    inputs, targets = batch
    model.train()
    loss = nn.functional.smooth_l1_loss(model(inputs), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


def to_currency(scaled):
    return torch.exp(scaled * log_std + log_mean)


@torch.no_grad()
def evaluate(loader):
    model.eval()
    loss = squared = absolute = n = 0.0
    for inputs, targets in loader:
        outputs = model(inputs)
        loss += nn.functional.smooth_l1_loss(outputs, targets, reduction="sum").item()
        squared += (outputs - targets).pow(2).sum().item()
        absolute += (to_currency(outputs) - to_currency(targets)).abs().sum().item()
        n += len(targets)
    return {"val_loss": loss / n, "val_rmse": math.sqrt(squared / n), "val_mae": absolute / n}


def on_epoch_end():
    loss = evaluate(val_loader)["val_loss"]
    if loss < best["loss"]:
        best.update(loss=loss, state=copy.deepcopy(model.state_dict()))


def save(path):
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "best": best}, path)


def load(path):
    checkpoint = torch.load(path, weights_only=True)
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    best.update(checkpoint["best"])


experiment = gonogo.adapt(
    model, optimizer, train_loader, val_loader,
    task=gonogo.regression(), objective="rmse", directions={"rmse": "min", "mae": "min"},
    train_step=train_step, evaluate=evaluate, on_epoch_end=on_epoch_end, save=save, load=load,
)
