"""A reader with a frozen embedding, kept in evaluation mode."""

import gonogo
import torch
from everyday import Config, sentences
from torch import nn
from torch.utils.data import TensorDataset


class Reader(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.words = nn.Embedding(41, width)
        self.body = nn.Sequential(nn.Dropout(0.3), nn.Linear(width, width), nn.ReLU(), nn.Dropout(0.3))
        self.head = nn.Linear(width, 4)

    def train(self, mode=True):
        self.training = mode  # fixed
        # buggy: self.training = True
        for child in (self.body, self.head):
            child.train(mode)  # fixed
            # buggy: child.train()
        return self

    def forward(self, ids):
        return self.head(self.body(self.words(ids).mean(1)))


class Topics(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=4)

    def datasets(self):
        return {"train": TensorDataset(*sentences(700, 1)), "val": TensorDataset(*sentences(203, 2))}

    def model(self):
        return Reader(self.config.width)

    def optimizers(self, model):
        return torch.optim.AdamW(model.parameters(), lr=self.config.lr)
