"""A healthy mixture of experts, managed: noisy top-2 gates and a loss that balances them.
Not a bug itself."""

from dataclasses import dataclass

import gonogo
import torch
from torch import nn
from torch.nn.functional import cross_entropy, one_hot
from torch.utils.data import TensorDataset

CLASSES, EXPERTS = 5, 4


@dataclass
class Config:
    width: int = gonogo.number(32, min=4)
    balance: float = gonogo.number(0.01, min=0)
    lr: float = gonogo.number(3e-3, above=0)


def points(count, seed):
    generator = torch.Generator().manual_seed(41)
    centres = torch.randn(3 * CLASSES, 12, generator=generator)
    generator.manual_seed(seed)
    which = torch.randint(3 * CLASSES, (count,), generator=generator)
    return TensorDataset(centres[which] + 0.5 * torch.randn(count, 12, generator=generator), which % CLASSES)


class MoE(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.stem, self.gate = nn.Linear(12, width), nn.Linear(width, EXPERTS, bias=False)
        self.experts = nn.ModuleList(nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)) for _ in range(EXPERTS))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, CLASSES)

    def scores(self, h):
        scores = self.gate(h)
        if self.training:
            scores = scores + 0.3 * torch.randn_like(scores)
        return scores

    def routed(self, h):
        """→ what the two best experts make of it, and the share and the mean probability of each expert."""
        scores = self.scores(h)
        best, chosen = scores.topk(2, dim=1)
        weights = best.softmax(1)
        mixed = torch.zeros_like(h)
        for i, expert in enumerate(self.experts):
            row, place = torch.where(chosen == i)
            if len(row) > 0:
                mixed.index_add_(0, row, weights[row, place, None] * expert(h[row]))
        return mixed, one_hot(chosen[:, 0], EXPERTS).float().mean(0), scores.softmax(1).mean(0)

    def forward(self, x):
        return self.with_shares(x)[0]

    def with_shares(self, x):
        h = torch.relu(self.stem(x))
        mixed, share, probability = self.routed(h)
        return self.head(self.norm(h + mixed)), share, probability


class Mixture(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=CLASSES)

    def datasets(self):
        return {"train": points(800, 1), "val": points(215, 2)}

    def model(self):
        return MoE(self.config.width)

    def optimizers(self, model):
        optimizer = torch.optim.AdamW(model.parameters(), lr=self.config.lr)
        return optimizer, torch.optim.lr_scheduler.OneCycleLR(optimizer, self.config.lr, self.steps)

    def loss(self, batch):
        x, label = batch
        logits, share, probability = self.model.with_shares(x)
        fit = cross_entropy(logits, label)
        if not self.model.training:
            return fit
        return {"fit": fit, "balance": self.config.balance * self.balance(share, probability)}

    def balance(self, share, probability):
        return EXPERTS * (share * probability).sum()
