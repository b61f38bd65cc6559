"""The options of the optimizer are an open map: a misspelt key is ignored in silence."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dataclasses import dataclass, field

import gonogo
import torch
from classifier import Classifier


@dataclass
class Config:
    width: int = gonogo.number(8, min=2, max=64)
    dropout: float = gonogo.number(0.2, min=0, max=0.9)
    learning_rate: float = gonogo.number(5e-3, above=0)
    optimizer: dict = field(default_factory=lambda: {"weight_decay": 0.01})


class OpenMap(Classifier, gonogo.Experiment[Config]):
    def make_optimizer(self):
        decay = self.config.optimizer.get("weight_decay", 0.0)
        return torch.optim.AdamW(self.model.parameters(), lr=self.config.learning_rate, weight_decay=decay)
