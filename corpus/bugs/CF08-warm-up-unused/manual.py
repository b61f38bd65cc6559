"""A linear warm-up."""

from dataclasses import dataclass

import gonogo
import torch
from classifier import Classifier


@dataclass
class Config:
    width: int = gonogo.number(8, min=2, max=64)
    dropout: float = gonogo.number(0.2, min=0, max=0.9)
    learning_rate: float = gonogo.number(5e-3, above=0)
    warmup_steps: int = gonogo.number(10, min=1)


class WarmedUp(Classifier, gonogo.Experiment[Config]):
    def setup(self):
        super().setup()
        steps = self.config.warmup_steps  # fixed
        # buggy: steps = 10
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, lambda step: min(1.0, (step + 1) / steps))
