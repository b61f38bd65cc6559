"""Shifts from NumPy's new generators."""

import numpy as np
import torch
from classifier import Classifier
from torch.utils.data import DataLoader


class Shifted(torch.utils.data.Dataset):
    def __init__(self, data, seed):
        self.data = data
        self.rng = np.random.default_rng(seed)  # fixed
        # buggy: self.rng = np.random.default_rng()

    def __len__(self):
        return len(self.data)

    def __getitem__(self, index):
        image, label = self.data[index]
        shift = tuple(int(s) for s in self.rng.integers(-1, 2, size=2))
        return torch.roll(image, shift, dims=(1, 2)), label


class Augmented(Classifier):
    def loaders(self):
        train, val = super().loaders()
        return DataLoader(Shifted(train.dataset, self.seed), batch_size=self.batch_size, shuffle=True), val
