"""Plain descent."""

import torch
from managed_base import Managed


class Slow(Managed):
    def optimizers(self, model):
        return torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)  # fixed
        # buggy: return torch.optim.SGD(model.parameters(), lr=1e-8)
