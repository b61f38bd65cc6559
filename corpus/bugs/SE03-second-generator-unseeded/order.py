"""The shuffle has a generator of its own."""

import time  # noqa: F401

import torch
from classifier import Classifier
from torch.utils.data import DataLoader


class OwnOrder(Classifier):
    def loaders(self):
        train, val = super().loaders()
        start = self.seed  # fixed
        # buggy: start = time.time_ns() % 2**63
        generator = torch.Generator().manual_seed(start)
        return DataLoader(train.dataset, batch_size=self.batch_size, shuffle=True, generator=generator), val
