"""A rate for fine-tuning, from scratch."""

import torch
from classifier import Classifier


class Slow(Classifier):
    def setup(self):
        super().setup()
        rate = 5e-3  # fixed
        # buggy: rate = 1e-9
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=rate)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimizer, rate, self.steps, pct_start=0.2)
