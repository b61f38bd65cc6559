"""Adadelta."""

import torch
from managed_base import Managed


class Unusual(Managed):
    def optimizers(self, model):
        return torch.optim.Adadelta(model.parameters(), lr=1.0)
