"""Cosine with warm restarts."""

import torch
from classifier import Classifier


class Restarts(Classifier):
    def setup(self):
        super().setup()
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(self.optimizer, T_0=max(2, self.steps // 3), eta_min=0.0)
