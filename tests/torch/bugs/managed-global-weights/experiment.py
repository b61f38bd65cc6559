"""Class weights that should be learnt live in a global, in no module and no optimizer."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from classifier import CLASSES
from managed import Managed
from torch.nn.functional import cross_entropy

OFFSETS = torch.zeros(CLASSES, requires_grad=True)


class Stray(Managed):
    def loss(self, batch):
        image, label = batch
        return cross_entropy(self.model(image) + OFFSETS, label)
