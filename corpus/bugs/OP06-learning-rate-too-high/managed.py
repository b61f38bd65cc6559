"""Adam at a rate for plain descent."""

import torch
from managed_base import Managed


class Fast(Managed):
    def optimizers(self, model):
        rate = 3e-3  # fixed
        # buggy: rate = 3.0
        optimizer = torch.optim.Adam(model.parameters(), lr=rate)
        return optimizer, torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, self.steps, pct_start=0.3)
