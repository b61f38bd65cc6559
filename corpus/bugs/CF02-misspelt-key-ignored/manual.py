"""Options of the optimizer."""

from dataclasses import dataclass, field

import gonogo
import torch
from classifier import Classifier


@dataclass
class Options:
    weight_decay: float = gonogo.number(0.01, min=0)


@dataclass
class Config:
    width: int = gonogo.number(8, min=2, max=64)
    dropout: float = gonogo.number(0.2, min=0, max=0.9)
    learning_rate: float = gonogo.number(5e-3, above=0)
    optimizer: Options = field(default_factory=Options)  # fixed
    # buggy: optimizer: dict = field(default_factory=lambda: {"weight_decay": 0.01})


class WithOptions(Classifier, gonogo.Experiment[Config]):
    def make_optimizer(self):
        decay = self.config.optimizer.weight_decay  # fixed
        # buggy: decay = self.config.optimizer.get("weight_decay", 0.0)
        return torch.optim.AdamW(self.model.parameters(), lr=self.config.learning_rate, weight_decay=decay)
