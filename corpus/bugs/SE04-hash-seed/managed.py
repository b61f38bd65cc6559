"""Names of classes from a set."""

import torch
from classifier import patterns
from managed_base import Managed
from torch.utils.data import TensorDataset

NAMES = ["ant", "bee", "cat", "dog", "eel"]


class Named(Managed):
    def datasets(self):
        numbers = {name: i for i, name in enumerate(sorted(set(NAMES)))}  # fixed
        # buggy: numbers = {name: i for i, name in enumerate(set(NAMES))}

        def read(count, seed):
            image, label = patterns(count, seed).tensors
            return TensorDataset(image, torch.tensor([numbers[NAMES[int(one)]] for one in label]))

        return {"train": read(640, 1), "val": read(203, 2)}
