"""The head starts from NumPy's numbers."""

import numpy as np
import torch
from classifier import Classifier

rng = np.random.default_rng()


class Drawn(Classifier):
    def build(self):
        rng = np.random.default_rng(self.seed)  # fixed
        model = super().build()
        start = rng.normal(0, 0.1, size=tuple(model.head.weight.shape))
        model.head.weight.data.copy_(torch.from_numpy(start))
        return model
