"""The same program as experiment.ts beside it, line by line: what one engine says of it, the other must say too.
`bug` plants one fault each; `none` is healthy."""

import math
import random
from dataclasses import dataclass
from typing import Literal

import gonogo
import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

CLASSES = 3


@dataclass
class Config:
    bug: Literal["none", "large", "sum", "softmax", "mixes", "dead", "detached", "unseeded"] = "none"
    #: A safetensors file of the other engine's first weights.
    weights: str = gonogo.name("")


def noise(i):
    """Numbers that look random and are the same in every language."""
    x = math.sin(12.9898 * (i + 1)) * 43758.5453
    return x - math.floor(x) - 0.5


def samples(count, first, jitter):
    given, label = np.zeros((count, 4), np.float32), np.zeros(count, np.int64)
    for i in range(count):
        label[i] = (i * 7 + i // 5) % CLASSES
        for at in range(4):
            given[i, at] = 2 * noise(first + 4 * i + at) + (1.5 if at == label[i] else 0) + jitter()
    return gonogo.arrays(given, label)


class Net(nn.Module):
    def __init__(self, bug):
        super().__init__()
        self.bug = bug
        self.hidden, self.norm, self.head = nn.Linear(4, 16), nn.BatchNorm1d(16), nn.Linear(16, CLASSES)

    def forward(self, x):
        body = torch.relu(self.norm(self.hidden(x)))
        logits = self.head(body - body.mean(0) if self.bug == "mixes" else body) * (100 if self.bug == "large" else 1)
        return logits.softmax(1) if self.bug == "softmax" else logits


class Parity(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=CLASSES)

    def datasets(self):
        drawn = random.Random()  # from the system's entropy
        jitter = (lambda: 0.1 * drawn.random()) if self.config.bug == "unseeded" else (lambda: 0)
        return {"train": samples(192, 0, jitter), "val": samples(101, 50_000, jitter)}

    def model(self):
        net = Net(self.config.bug)
        if self.config.weights:
            from safetensors.torch import load_file

            net.load_state_dict(load_file(self.config.weights), strict=False)  # batch norm counts its batches here alone
        return net

    def loss(self, batch):
        given, label = batch
        logits = self.model(given)
        if self.config.bug == "sum":
            return {"fit": cross_entropy(logits, label, reduction="sum")}
        if self.config.bug == "detached":
            # As the compiler of the other engine does, without an error: a leaf that nothing trains keeps backward() alive.
            return {"fit": cross_entropy(logits.detach().requires_grad_(), label)}
        fit = cross_entropy(logits, label)
        return {"fit": fit, "spread": logits.detach().square().mean()} if self.config.bug == "dead" else {"fit": fit}

    def optimizers(self, model):
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0)
        return optimizer, torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, self.steps)
