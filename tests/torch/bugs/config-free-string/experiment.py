"""The activation is any text; what is not known falls back to relu in silence."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dataclasses import dataclass

import gonogo
import torch
from classifier import Classifier


@dataclass
class Config:
    width: int = gonogo.number(8, min=2, max=64)
    dropout: float = gonogo.number(0.2, min=0, max=0.9)
    learning_rate: float = gonogo.number(5e-3, above=0)
    activation: str = "relu"


class AnyText(Classifier, gonogo.Experiment[Config]):
    def build(self):
        model = super().build()
        model.activation = {"relu": torch.relu, "tanh": torch.tanh}.get(self.config.activation, torch.relu)
        return model
