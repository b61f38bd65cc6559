"""Folders, one a class, read one after the other."""

import torch
from classifier import Classifier, patterns
from torch.utils.data import DataLoader, TensorDataset


class Folders(Classifier):
    def loaders(self):
        image, label = patterns(640, seed=1).tensors
        order = torch.argsort(label, stable=True)
        train, val = TensorDataset(image[order], label[order]), patterns(203, seed=2)
        return (
            DataLoader(train, batch_size=self.batch_size, shuffle=True),  # fixed
            # buggy: DataLoader(train, batch_size=self.batch_size),
            DataLoader(val, batch_size=self.evaluate_batch_size),
        )
