"""Options of an optimizer in a table."""

from dataclasses import dataclass

import gonogo
import torch
from everyday import mlp, tumours
from torch.utils.data import TensorDataset


@dataclass
class Options:
    width: int = gonogo.number(32, min=2)
    lr: float = gonogo.number(0.05, above=0)
    momentum: float = gonogo.number(0.9, min=0, max=0.99)


class Cells(gonogo.Experiment[Options]):
    task = gonogo.classification(classes=2)

    def datasets(self):
        return {name: TensorDataset(*one) for name, one in zip(("train", "val"), tumours())}

    def model(self):
        return mlp(30, self.config.width, 2)

    def optimizers(self, model):
        options = {"momentum": self.config.momentum, "nesterov": True}  # fixed
        # buggy: options = {"momentum": 0.9, "nesterov": True}
        return torch.optim.SGD(model.parameters(), lr=self.config.lr, **options)
