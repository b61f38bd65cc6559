"""One set, two slices of a shuffled order."""

import torch
from classifier import patterns
from managed_base import Managed
from torch.utils.data import Subset


class Sliced(Managed):
    def datasets(self):
        whole = patterns(843, seed=1)
        order = torch.randperm(len(whole), generator=torch.Generator().manual_seed(5)).tolist()
        train = Subset(whole, order[:640])
        # buggy: order = torch.randperm(len(whole), generator=torch.Generator().manual_seed(6)).tolist()
        return {"train": train, "val": Subset(whole, order[640:])}
