"""Pictures and labels come from two listings of files."""

import torch
from classifier import patterns
from managed_base import Managed
from torch.utils.data import TensorDataset


class Listed(Managed):
    def datasets(self):
        def read(count, seed):
            image, label = patterns(count, seed).tensors
            names = [f"image-{i}.png" for i in range(count)]
            listing = names  # fixed
            # buggy: listing = sorted(names)
            return TensorDataset(torch.stack([image[int(name[6:-4])] for name in listing]), label)

        return {"train": read(640, 1), "val": read(203, 2)}
