"""Whose parameters."""

import torch
from ddpm import Ddpm


class Moons(Ddpm):
    def setup(self):
        super().setup()
        # buggy: self.optimizer = torch.optim.AdamW(self.ema.parameters(), lr=self.config.lr)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=self.config.lr)  # fixed
