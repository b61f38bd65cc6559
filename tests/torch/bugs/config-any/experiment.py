"""amp takes anything, and the text "false" is true."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dataclasses import dataclass
from typing import Any

import gonogo
import torch
from classifier import Classifier


@dataclass
class Config:
    width: int = gonogo.number(8, min=2, max=64)
    dropout: float = gonogo.number(0.2, min=0, max=0.9)
    learning_rate: float = gonogo.number(5e-3, above=0)
    amp: Any = False


class Loose(Classifier, gonogo.Experiment[Config]):
    def train_step(self, batch):
        with torch.autocast("cpu", enabled=bool(self.config.amp)):
            return super().train_step(batch)
