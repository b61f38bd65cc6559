"""Shocks."""

import numpy as np
import torch
from actor import Actor, Pole

# buggy: draw = np.random.default_rng()


class Windy(Pole):
    def shock(self, shape):
        # buggy: return torch.tensor(draw.normal(size=shape), dtype=torch.float32)
        return torch.tensor(np.random.normal(size=shape), dtype=torch.float32)  # fixed


class Balance(Actor):
    pole = Windy
