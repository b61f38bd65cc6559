"""The first layers keep their statistics."""

import gonogo
import torch
from everyday import Config, digits
from torch import nn
from torch.utils.data import TensorDataset


class Backbone(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, width, 3, padding=1), nn.BatchNorm2d(width)

    def forward(self, x):
        return torch.relu(self.norm(self.conv(x)))


class Net(nn.Module):
    def __init__(self, width, dropout):
        super().__init__()
        self.backbone = Backbone(width)
        self.head = nn.Sequential(nn.Conv2d(width, width, 3, 2, 1), nn.ReLU(), nn.Flatten(), nn.Dropout(dropout), nn.Linear(16 * width, 10))

    def train(self, mode=True):
        super().train(mode)  # fixed
        # buggy: super().train()
        self.backbone.norm.eval()
        return self

    def forward(self, x):
        return self.head(self.backbone(x))


class Recognise(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=10)

    def datasets(self):
        train, val = digits()
        return {"train": TensorDataset(*train), "val": TensorDataset(*val)}

    def model(self):
        return Net(self.config.width, 3 * self.config.dropout)

    def optimizers(self, model):
        return torch.optim.AdamW(model.parameters(), lr=self.config.lr)
