"""A switch for mixed precision."""

from dataclasses import dataclass
from typing import Any  # noqa: F401

import gonogo
import torch
from classifier import Classifier


@dataclass
class Config:
    width: int = gonogo.number(8, min=2, max=64)
    dropout: float = gonogo.number(0.2, min=0, max=0.9)
    learning_rate: float = gonogo.number(5e-3, above=0)
    amp: bool = False  # fixed
    # buggy: amp: Any = False


class Switched(Classifier, gonogo.Experiment[Config]):
    def train_step(self, batch):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bool(self.config.amp)):
            return super().train_step(batch)
