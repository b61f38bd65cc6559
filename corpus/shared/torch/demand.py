"""A healthy forecast of a time series, managed: a CSV that is written when it is not there, windows, a recurrent net.
Not a bug itself."""

import csv
import math
import random
from dataclasses import dataclass
from pathlib import Path

import gonogo
import torch
from torch import nn
from torch.utils.data import Dataset

FILE = Path(__file__).resolve().parent / "demand.csv"
WINDOW = 24


@dataclass
class Config:
    hidden: int = gonogo.number(24, min=4)
    lr: float = gonogo.number(5e-3, above=0)


def rows():
    """Hour, temperature, demand."""
    if not FILE.exists():
        draw, level = random.Random(4), 0.0
        with FILE.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["hour", "temperature", "demand"])
            for hour in range(1200):
                level = 0.95 * level + draw.gauss(0, 0.3)
                temperature = 12 + 8 * math.sin(2 * math.pi * hour / 240) + draw.gauss(0, 1)
                demand = 300 + 60 * math.sin(2 * math.pi * hour / 24) - 3 * temperature + 15 * level + draw.gauss(0, 5)
                writer.writerow([hour, round(temperature, 2), round(demand, 2)])
    with FILE.open(newline="") as file:
        return torch.tensor([[float(one["temperature"]), float(one["demand"])] for one in csv.DictReader(file)])


class Windows(Dataset):
    """A day of both series → the next hour's demand, all standardised."""

    def __init__(self, series, starts=None):
        self.series = series
        self.starts = list(range(len(series) - WINDOW)) if starts is None else starts

    def __len__(self):
        return len(self.starts)

    def __getitem__(self, index):
        at = self.starts[index]
        return self.given(at), self.series[at + WINDOW, 1:]

    def given(self, at):
        return self.series[at : at + WINDOW]


class Recurrent(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.lstm, self.head = nn.LSTM(2, hidden, batch_first=True), nn.Linear(hidden, 1)

    def forward(self, x):  # [batch, hours, 2] → [batch, 1]
        return self.head(self.lstm(x)[0][:, -1])


class Demand(gonogo.Experiment[Config]):
    task = gonogo.regression()
    windows = Windows

    def datasets(self):
        series = rows()
        past, future = series[:900], series[900:]
        mean, std = past.mean(0), past.std(0)
        return {"train": self.windows((past - mean) / std), "val": self.windows((future - mean) / std)}

    def model(self):
        return Recurrent(self.config.hidden)

    def optimizers(self, model):
        return torch.optim.Adam(model.parameters(), lr=self.config.lr)

    def metrics(self, batch):
        x, y = batch
        return {"mae": (self.model(x) - y).abs().mean(1)}
