"""Experiments small enough for a test, one class a way of using the API. Not planted bugs: those are in the corpus."""

import dataclasses
import enum
import math
import os
import time
from dataclasses import dataclass
from typing import Literal, Optional

import gonogo
import numpy as np
import torch
from torch import nn

KIND = os.environ.get("TEST_KIND", "managed")


class Activation(enum.Enum):
    RELU = "relu"
    TANH = "tanh"


@dataclass
class Decay:
    weights: float = gonogo.number(0.01, min=0)
    norms: bool = False


@dataclass
class Config:
    width: int = gonogo.number(8, min=1, max=64)
    learning_rate: float = gonogo.number(0.01, above=0)
    activation: Activation = Activation.RELU
    sampler: Literal["uniform", "balanced"] = "uniform"
    decay: Decay = dataclasses.field(default_factory=Decay)
    milestones: list[int] = dataclasses.field(default_factory=lambda: [3, 6])
    label: Optional[int] = None
    title: str = gonogo.name("test")

    def __post_init__(self):
        if self.width == 13:
            raise ValueError("width 13 is unlucky")


def samples(count, seed):
    generator = np.random.default_rng(seed)
    label = generator.integers(0, 3, count)
    image = generator.normal(0, 1, (count, 6)).astype(np.float32)
    image[np.arange(count), label] += 2
    return image, label


class Managed(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=3, smoothing=0.1)

    def datasets(self):
        return {"train": gonogo.arrays(*samples(100, 1)), "val": gonogo.arrays(*samples(41, 2))}

    def model(self):
        width = self.config.width
        return nn.Sequential(nn.Linear(6, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Dropout(0.3), nn.Linear(width, 3))

    def optimizers(self, model):
        optimizer = torch.optim.AdamW(model.parameters(), lr=self.config.learning_rate, weight_decay=self.config.decay.weights)
        return optimizer, torch.optim.lr_scheduler.MultiStepLR(optimizer, self.config.milestones, gamma=0.5)


class Many(Managed):
    """Tied weights, two schedules in one, a moving average, generators of its own."""

    def model(self):
        first, second = nn.Linear(6, 6), nn.Linear(6, 6)
        second.weight = first.weight
        return nn.Sequential(first, nn.Tanh(), second, nn.Dropout(0.2), nn.Linear(6, 3))

    def optimizers(self, model):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
        warm = torch.optim.lr_scheduler.LinearLR(optimizer, 0.1, total_iters=4)
        cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, self.steps)
        return optimizer, torch.optim.lr_scheduler.SequentialLR(optimizer, [warm, cosine], [4])

    def setup(self):
        self.ema = torch.optim.swa_utils.AveragedModel(self.model)
        self.noise = np.random.default_rng(self.seed)
        self.philox = np.random.Generator(np.random.Philox(self.seed))

    def loss(self, batch):
        self.ema.update_parameters(self.model)
        jitter = float(self.noise.normal()) + float(self.philox.normal())
        return {"fit": nn.functional.cross_entropy(self.model(batch[0]), batch[1]), "jitter": 1e-3 * jitter * self.model[0].bias.sum()}


class Squares(torch.utils.data.Dataset):
    """Samples as dicts, decoded one by one."""

    def __len__(self):
        return 60

    def __getitem__(self, index):
        x = torch.linspace(-1, 1, 60)[index].reshape(1)
        return {"x": x, "y": x**2}


class Named(gonogo.Experiment):
    """A regression over dicts: own loss and metrics, everything else managed."""

    task = gonogo.regression()
    directions = {"mae": "min"}
    frozen = ("scale.*",)

    def datasets(self):
        return gonogo.split(Squares(), val=17, transform=None)

    def model(self):
        return nn.ModuleDict({"body": nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1)), "scale": nn.Linear(1, 1).requires_grad_(False)})

    def optimizers(self, model):
        return torch.optim.Adam(model["body"].parameters(), lr=0.01)

    def predict(self, batch):
        return self.model["body"](batch["x"])

    def loss(self, batch):
        return ((self.predict(batch) - batch["y"]) ** 2).mean()

    def metrics(self, batch):
        return {"mae": (self.predict(batch) - batch["y"]).abs()}


class Throws(Managed):
    def loss(self, batch):
        if self.progress.step == 2 and self.model.training:
            raise RuntimeError("no such thing\nas a second line")
        return nn.functional.cross_entropy(self.model(batch[0]), batch[1])


class NotFinite(Managed):
    def loss(self, batch):
        return nn.functional.cross_entropy(self.model(batch[0]), batch[1]) * (math.nan if self.progress.step == 1 else 1.0)


class Slow(Managed):
    def loss(self, batch):
        time.sleep(0.02)
        return nn.functional.cross_entropy(self.model(batch[0]), batch[1])


class Busy(Managed):
    def model(self):
        time.sleep(3)
        return super().model()


class Quits(Managed):
    def model(self):
        raise SystemExit("enough")


class NoVal(Managed):
    def datasets(self):
        return {"train": gonogo.arrays(*samples(100, 1)), "val": gonogo.arrays(*samples(0, 2))}


experiment = {name.lower(): value for name, value in list(globals().items()) if isinstance(value, type)}[KIND]
