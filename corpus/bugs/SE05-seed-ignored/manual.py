"""A seed in a helper, from a notebook."""

import random

import numpy as np
import torch
from classifier import Classifier


def seed_everything(seed):
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


class Seeded(Classifier):
    def setup(self):
        seed_everything(self.seed)  # fixed
        # buggy: seed_everything(42)
        super().setup()
