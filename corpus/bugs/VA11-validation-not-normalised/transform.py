"""Transforms, one for each split."""

import torch
from classifier import Classifier, patterns
from torch.utils.data import DataLoader, Dataset


class Transformed(Dataset):
    def __init__(self, data, transform):
        self.data, self.transform = data, transform

    def __len__(self):
        return len(self.data)

    def __getitem__(self, index):
        image, label = self.data[index]
        return self.transform(100 + 40 * image), label


def normalise(image):
    return (image - 100) / 40


class Loaders(Classifier):
    def loaders(self):
        flip = lambda image: normalise(image.flip(-1) if torch.rand(()) < 0.2 else image)  # noqa: E731
        plain = normalise  # fixed
        # buggy: plain = lambda image: image
        train, val = Transformed(patterns(640, seed=1), flip), Transformed(patterns(203, seed=2), plain)
        return DataLoader(train, batch_size=self.batch_size, shuffle=True), DataLoader(val, batch_size=self.evaluate_batch_size)
