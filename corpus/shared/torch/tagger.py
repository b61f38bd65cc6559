"""A healthy multi-label tagger, managed: six tags a sample, some of them rare.
Not a bug itself."""

from dataclasses import dataclass

import gonogo
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import Dataset

TAGS = 6


@dataclass
class Config:
    hidden: int = gonogo.number(48, min=8, max=512)
    lr: float = gonogo.number(4e-3, above=0)
    dropout: float = gonogo.number(0.1, min=0, max=0.9)


class Articles(Dataset):
    """Counts of forty words; a tag is there where its own words are frequent."""

    def __init__(self, count, seed):
        generator = torch.Generator().manual_seed(5)
        topics = torch.rand(TAGS, 40, generator=generator) ** 6
        generator.manual_seed(seed)
        self.tags = (torch.rand(count, TAGS, generator=generator) < torch.tensor([0.5, 0.4, 0.3, 0.2, 0.1, 0.05])).float()
        rate = 0.3 + 4 * self.tags @ topics
        self.counts = torch.poisson(rate, generator=generator)

    def __len__(self):
        return len(self.tags)

    def __getitem__(self, index):
        return {"counts": torch.log1p(self.counts[index]), "tags": self.tags[index]}


class Tagger(gonogo.Experiment[Config]):
    task = gonogo.custom(initial={"loss": 0.6931})
    directions = {"hamming": "max", "exact": "max"}

    def datasets(self):
        return {"train": Articles(900, 1), "val": Articles(211, 2)}

    def model(self):
        hidden = self.config.hidden
        return nn.Sequential(
            nn.Linear(40, hidden), nn.LayerNorm(hidden), nn.GELU(), nn.Dropout(self.config.dropout),
            nn.Linear(hidden, hidden), nn.GELU(), nn.Linear(hidden, TAGS),
        )

    def optimizers(self, model):
        return torch.optim.AdamW(model.parameters(), lr=self.config.lr)

    def loss(self, batch):
        return binary_cross_entropy_with_logits(self.model(batch["counts"]), batch["tags"])

    def metrics(self, batch):
        right = (self.model(batch["counts"]) > 0) == (batch["tags"] > 0.5)
        return {"hamming": right.float().mean(1), "exact": right.all(1).float()}
