"""The activation by name; what is not known falls back to relu."""

from dataclasses import dataclass
from typing import Literal  # noqa: F401

import gonogo
import torch
from classifier import Classifier


@dataclass
class Config:
    width: int = gonogo.number(8, min=2, max=64)
    dropout: float = gonogo.number(0.2, min=0, max=0.9)
    learning_rate: float = gonogo.number(5e-3, above=0)
    activation: Literal["relu", "tanh"] = "relu"  # fixed
    # buggy: activation: str = "relu"


class Chosen(Classifier, gonogo.Experiment[Config]):
    def build(self):
        model = super().build()
        model.activation = {"relu": torch.relu, "tanh": torch.tanh}.get(self.config.activation, torch.relu)
        return model
