"""Groups of measurements go through branches of their own."""

import gonogo
import torch
from everyday import Config, tumours
from torch import nn
from torch.utils.data import TensorDataset

GROUPS = {"mean": slice(0, 10), "error": slice(10, 20), "worst": slice(20, 30)}


class Branches(nn.Module):
    def __init__(self, width, dropout):
        super().__init__()
        made = {name: nn.Sequential(nn.Linear(10, width), nn.ReLU()) for name in GROUPS}
        self.branches = nn.ModuleDict(made)  # fixed
        # buggy: self.branches = made
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(len(GROUPS) * width, 2))

    def forward(self, x):
        return self.head(torch.cat([self.branches[name](x[:, part]) for name, part in GROUPS.items()], 1))


class Cells(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=2)

    def datasets(self):
        train, val = tumours()
        return {"train": TensorDataset(*train), "val": TensorDataset(*val)}

    def model(self):
        return Branches(self.config.width, self.config.dropout)

    def optimizers(self, model):
        return torch.optim.AdamW(model.parameters(), lr=self.config.lr)
