"""Oversampling."""

import numpy as np
import torch
from churn import Churn, customers, split
from torch.utils.data import TensorDataset


class Leaves(Churn):
    def tables(self):
        numbers, kinds, leaves = customers()
        # buggy: rows = np.concatenate([np.arange(len(leaves)), np.repeat(np.flatnonzero(leaves), 3)])
        # buggy: numbers, kinds, leaves = numbers[rows], kinds[rows], leaves[rows]
        train, val = split(len(leaves))
        train = np.concatenate([train, np.repeat(train[leaves[train] == 1], 3)])  # fixed
        numbers = (numbers - numbers[train].mean(0)) / numbers[train].std(0)
        part = lambda rows: TensorDataset(torch.tensor(numbers[rows]), torch.tensor(kinds[rows]), torch.tensor(leaves[rows]))
        return part(train), part(val)
