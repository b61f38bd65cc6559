"""The average."""

import torch
from ddpm import Ddpm


class Moons(Ddpm):
    @torch.no_grad()
    def update_ema(self):
        for mean, live in zip(self.ema.parameters(), self.model.parameters()):
            # buggy: mean.mul_(1 - self.config.decay).add_(live, alpha=self.config.decay)
            mean.mul_(self.config.decay).add_(live, alpha=1 - self.config.decay)  # fixed
