"""Arrays of a file, shuffled once before they are split."""

import torch
from classifier import patterns
from managed_base import Managed
from torch.utils.data import TensorDataset


class Shuffled(Managed):
    def datasets(self):
        image, label = patterns(843, seed=1).tensors
        order = torch.randperm(len(image), generator=torch.Generator().manual_seed(5))
        image = image[order]
        label = label[order]  # fixed
        return {"train": TensorDataset(image[:640], label[:640]), "val": TensorDataset(image[640:], label[640:])}
