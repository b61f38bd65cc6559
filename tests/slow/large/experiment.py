"""A GPT of any size on text that is computed as it is read: 1.56 billion parameters by its run file, as GPT-2 XL has.
Random weights; only its size matters here. Each sample is a function of its index, so a corpus of any length needs no disk."""

import math
from dataclasses import dataclass

import gonogo
import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy, scaled_dot_product_attention
from torch.utils.data import Dataset


@dataclass
class Config:
    layers: int = gonogo.number(2, min=1, max=96)
    heads: int = gonogo.number(4, min=1, max=128)
    width: int = gonogo.number(64, min=8, max=8192)
    context: int = gonogo.number(64, min=8, max=4096)
    vocabulary: int = gonogo.number(256, min=2, max=200_000)
    samples: int = gonogo.number(2000, min=16, max=1_000_000_000)
    learning_rate: float = gonogo.number(0.1, above=0)
    warmup: int = gonogo.number(20, min=1)


class Text(Dataset):
    """Windows of a text in which each token follows from the one before, or is drawn anew one time in four."""

    def __init__(self, first: int, count: int, config: Config):
        self.first, self.count, self.config = first, count, config

    def __len__(self):
        return self.count

    def __getitem__(self, index):  # → int64 [context], int64 [context]
        if not 0 <= index < self.count:
            raise IndexError(index)
        c = self.config
        draw = np.random.Generator(np.random.Philox(key=self.first + int(index)))
        drawn = draw.integers(0, c.vocabulary, c.context + 1)
        anew = draw.random(c.context + 1) < 0.25
        tokens = np.empty(c.context + 1, np.int64)
        token = drawn[0]
        for place in range(c.context + 1):
            token = drawn[place] if anew[place] else (5 * token + 3) % c.vocabulary
            tokens[place] = token
        text = torch.from_numpy(tokens)
        return text[:-1], text[1:]


class Block(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.before_attention, self.before_mlp = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attend, self.merge = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.widen, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):  # [batch, time, width] → the same
        batch, time, width = x.shape
        query, key, value = self.attend(self.before_attention(x)).view(batch, time, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        seen = scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.merge(seen.transpose(1, 2).reshape(batch, time, width))
        return x + self.narrow(nn.functional.gelu(self.widen(self.before_mlp(x))))


class Gpt(nn.Module):
    def __init__(self, c: Config):
        super().__init__()
        self.embedding, self.position = nn.Embedding(c.vocabulary, c.width), nn.Embedding(c.context, c.width)
        self.blocks = nn.ModuleList(Block(c.width, c.heads) for _ in range(c.layers))
        self.norm, self.head = nn.LayerNorm(c.width), nn.Linear(c.width, c.vocabulary, bias=False)
        self.head.weight = self.embedding.weight
        for name, parameter in self.named_parameters():
            if parameter.ndim > 1:
                nn.init.normal_(parameter, std=0.02 / (math.sqrt(2 * c.layers) if name.endswith(("merge.weight", "narrow.weight")) else 1))

    def forward(self, text):  # int64 [batch, time] → logits [batch, time, vocabulary]
        x = self.embedding(text) + self.position.weight[: text.shape[1]]
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


class LanguageModel(gonogo.Experiment[Config]):
    task = gonogo.custom()
    causal = True

    def datasets(self):
        c = self.config
        return {"train": Text(0, c.samples, c), "val": Text(2**40, 200, c)}

    def model(self):
        return Gpt(self.config)

    def optimizers(self, model):
        optimizer = torch.optim.SGD(model.parameters(), lr=self.config.learning_rate)
        rising = self.config.warmup
        return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / rising))

    def loss(self, batch):
        text, following = batch
        return cross_entropy(self.model(text).flatten(0, 1), following.flatten())
