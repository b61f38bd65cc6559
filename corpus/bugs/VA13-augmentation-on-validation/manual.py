"""Shifts and noise on training pictures."""

import torch
from classifier import Classifier, patterns
from torch.utils.data import DataLoader, Dataset


class Pictures(Dataset):
    def __init__(self, data, augment):
        self.data, self.augment = data, augment

    def __len__(self):
        return len(self.data)

    def __getitem__(self, index):
        image, label = self.data[index]
        if self.augment:
            image = image.roll(int(torch.randint(-1, 2, ())), -1) + 0.3 * torch.randn(image.shape)
        return image, label


class Loaders(Classifier):
    def loaders(self):
        train = Pictures(patterns(640, seed=1), augment=True)
        val = Pictures(patterns(203, seed=2), augment=False)  # fixed
        # buggy: val = Pictures(patterns(203, seed=2), augment=True)
        return DataLoader(train, batch_size=self.batch_size, shuffle=True), DataLoader(val, batch_size=self.evaluate_batch_size)
