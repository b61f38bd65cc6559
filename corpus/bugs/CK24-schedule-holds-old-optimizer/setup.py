"""Weight decay for matrices alone."""

import torch
from classifier import Classifier


class Grouped(Classifier):
    def grouped(self):
        decayed = [one for one in self.model.parameters() if one.dim() > 1]
        rest = [one for one in self.model.parameters() if one.dim() <= 1]
        groups = [{"params": decayed, "weight_decay": 0.01}, {"params": rest, "weight_decay": 0.0}]
        return torch.optim.AdamW(groups, lr=self.config.learning_rate)

    def setup(self):
        super().setup()
        self.optimizer = self.grouped()
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimizer, self.config.learning_rate, self.steps, pct_start=0.2)  # fixed
