"""A classifier with its own checkpoint."""

import random

import numpy as np
import torch
from classifier import Classifier


def set_seed(seed):
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


class Resumed(Classifier):
    def load(self, path):
        set_seed(self.seed)  # fixed
        super().load(path)
        # buggy: set_seed(self.seed)
