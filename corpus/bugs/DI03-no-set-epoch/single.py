"""One process: the order is drawn when the loader is made."""

import torch
from classifier import Classifier, patterns
from torch.utils.data import DataLoader


class Drawn(Classifier):
    def loaders(self):
        train, val = patterns(640, seed=1), patterns(203, seed=2)
        generator = torch.Generator().manual_seed(self.seed)
        order = torch.utils.data.RandomSampler(train, generator=generator)  # fixed
        # buggy: order = torch.randperm(len(train), generator=generator).tolist()
        return DataLoader(train, batch_size=self.batch_size, sampler=order), DataLoader(val, batch_size=self.evaluate_batch_size)
