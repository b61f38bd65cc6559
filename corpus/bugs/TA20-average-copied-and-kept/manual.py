"""Swaps the average in."""

import copy

import torch
from ddpm import STEPS, Ddpm
from torch.nn.functional import mse_loss


class Swapped(Ddpm):
    @torch.no_grad()
    def evaluate(self, loader):
        generator = torch.Generator().manual_seed(1234)
        live = copy.deepcopy(self.model.state_dict())
        self.model.load_state_dict(self.ema.state_dict())
        self.model.eval()
        total = count = 0
        for (x,) in loader:
            t = torch.randint(0, STEPS, (len(x),), generator=generator)
            noise = torch.randn(x.shape, generator=generator)
            total += mse_loss(self.model(self.noised(x, t, noise), t), noise, reduction="sum").item()
            count += x.numel()
        # buggy: del live
        self.model.load_state_dict(live)  # fixed
        return {"val_loss": total / count}
