"""A managed experiment that knows nothing of ranks: dropout, batch norm, a last batch that no two processes can halve."""

from dataclasses import dataclass

import gonogo
import torch
from torch import nn
from torch.utils.data import TensorDataset

CLASSES = 4


@dataclass
class Config:
    width: int = gonogo.number(16, min=2)
    dropout: float = gonogo.number(0.2, min=0, max=0.9)


class Digits(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=CLASSES)

    def datasets(self):
        generator = torch.Generator().manual_seed(0)
        label = torch.arange(306) % CLASSES
        image = torch.randn(306, 8, generator=generator) + 1.5 * torch.eye(CLASSES, 8)[label]
        return {"train": TensorDataset(image[:203], label[:203]), "val": TensorDataset(image[203:], label[203:])}

    def model(self):
        width = self.config.width
        return nn.Sequential(
            nn.Linear(8, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Dropout(self.config.dropout), nn.Linear(width, CLASSES)
        )

    def optimizers(self, model):
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
        return optimizer, torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, self.steps)
