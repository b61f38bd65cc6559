"""A rate that may be a number or text."""

from dataclasses import dataclass

import gonogo
import torch
from classifier import Classifier


@dataclass
class Config:
    width: int = gonogo.number(8, min=2, max=64)
    dropout: float = gonogo.number(0.2, min=0, max=0.9)
    learning_rate: float = gonogo.number(5e-3, above=0)  # fixed
    # buggy: learning_rate: float | str = 5e-3


class Read(Classifier, gonogo.Experiment[Config]):
    def make_optimizer(self):
        return torch.optim.AdamW(self.model.parameters(), lr=float(self.config.learning_rate))
