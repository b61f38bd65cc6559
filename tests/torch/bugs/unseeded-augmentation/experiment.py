"""The augmentation draws from a NumPy generator that no seed reaches."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch
from classifier import Classifier
from torch.utils.data import DataLoader


class Noisy(torch.utils.data.Dataset):
    def __init__(self, data):
        self.data = data
        self.rng = np.random.default_rng()

    def __len__(self):
        return len(self.data)

    def __getitem__(self, index):
        image, label = self.data[index]
        shift = tuple(int(s) for s in self.rng.integers(-1, 2, size=2))
        return torch.roll(image, shift, dims=(1, 2)), label


class Unseeded(Classifier):
    def loaders(self):
        train, val = super().loaders()
        return DataLoader(Noisy(train.dataset), batch_size=self.batch_size, shuffle=True), val
