"""LambdaLR from zero, as transformers' schedules begin."""

import torch
from classifier import Classifier


class WarmedUp(Classifier):
    def setup(self):
        super().setup()
        warmup = max(1, self.steps // 10)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer, lambda step: step / warmup if step < warmup else max(0.0, (self.steps - step) / (self.steps - warmup))
        )
