"""A data module that balances."""

import gonogo
import gonogo.lightning
import numpy as np
import torch
from digits import DigitsData, LitDigits
from torch.utils.data import DataLoader, WeightedRandomSampler


class Balanced(DigitsData):
    def train_dataloader(self):
        labels = np.array([int(y) for _, y in self.train_set])
        share = np.bincount(labels, minlength=10) / len(labels)
        weights = (1.0 / share)[labels]  # fixed
        # buggy: weights = 1.0 / share
        sampler = WeightedRandomSampler(torch.from_numpy(weights), num_samples=len(labels))
        return DataLoader(self.train_set, batch_size=self.hparams.batch_size, sampler=sampler)


experiment = gonogo.lightning.adapt(LitDigits, Balanced, task=gonogo.classification(classes=10))
