"""Sentences are classified by attention."""

import gonogo
import torch
from everyday import Config, sentences
from torch import nn
from torch.nn import functional as F
from torch.utils.data import TensorDataset


class SelfAttention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(width, width) for _ in range(3))

    def forward(self, x):
        scores = self.q(x) @ self.k(x).transpose(1, 2) / x.shape[-1] ** 0.5
        share = F.softmax(scores, dim=-1)  # fixed
        # buggy: share = F.softmax(scores)
        return x + share @ self.v(x)


class Reader(nn.Module):
    def __init__(self, width, dropout):
        super().__init__()
        self.words, self.attention = nn.Embedding(41, width), SelfAttention(width)
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(width, 4))

    def forward(self, ids):
        return self.head(self.attention(self.words(ids)).mean(1))


class Topics(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=4)

    def datasets(self):
        return {"train": TensorDataset(*sentences(700, 1)), "val": TensorDataset(*sentences(203, 2))}

    def model(self):
        return Reader(self.config.width, self.config.dropout)

    def optimizers(self, model):
        return torch.optim.AdamW(model.parameters(), lr=self.config.lr)
