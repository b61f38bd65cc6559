"""A classifier over 20 GB of pictures in 20 shards that are computed where they are read: any byte of any shard, always the same.
`leak` puts one in a hundred of the validation pictures among those that are trained on: too few for a look before the run to meet."""

from __future__ import annotations

from dataclasses import dataclass

import gonogo
import numpy as np
import torch
from torch import nn
from torch.utils.data import Dataset

SIDE, CLASSES = 32, 10
SHARD = 1 << 30
BYTES = SIDE * SIDE
PER_SHARD = SHARD // BYTES


@dataclass
class Config:
    shards: int = gonogo.number(20, min=1, max=10_000)
    width: int = gonogo.number(16, min=1, max=1024)
    learning_rate: float = gonogo.number(0.05, above=0)
    leak: bool = False


def picture(key: int) -> tuple[np.ndarray, int]:
    """Noise over the pattern of its class."""
    draw = np.random.Generator(np.random.Philox(key=key))
    label = int(draw.integers(CLASSES))
    pattern = np.random.Generator(np.random.Philox(key=2**60 + label)).integers(0, 128, BYTES, np.uint8)
    return (pattern + draw.integers(0, 128, BYTES, np.uint8)).reshape(1, SIDE, SIDE), label


class Shards(Dataset):
    """Its samples lie one after the other in shards of a gigabyte."""

    def __init__(self, first: int, count: int, leaked: tuple[int, int] | None = None):
        self.first, self.count, self.leaked = first, count, leaked

    def __len__(self):
        return self.count

    def __getitem__(self, index):  # → float32 [1, 32, 32], its class
        if not 0 <= index < self.count:
            raise IndexError(index)
        key = self.first + int(index)
        if self.leaked is not None and index % 100 == 7:
            key = self.leaked[0] + int(index) // 100 % self.leaked[1]
        values, label = picture(key)
        return torch.from_numpy(values).float() / 255 - 0.5, label

    def gonogo_manifest(self):
        shards = [{"shard": place, "bytes": SHARD, "key": self.first + place * PER_SHARD} for place in range(-(-self.count // PER_SHARD))]
        return {"samples": self.count, "shards": shards, "leaked": self.leaked}


class Pictures(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=CLASSES)

    def datasets(self):
        val = 10_000
        leaked = (2**40, val) if self.config.leak else None
        return {"train": Shards(0, self.config.shards * PER_SHARD, leaked), "val": Shards(2**40, val)}

    def model(self):
        width = self.config.width
        return nn.Sequential(
            nn.Conv2d(1, width, 3, stride=2), nn.ReLU(), nn.Conv2d(width, width, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(width * 49, CLASSES)
        )

    def optimizers(self, model):
        return torch.optim.SGD(model.parameters(), lr=self.config.learning_rate, momentum=0.9)
