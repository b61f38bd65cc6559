"""A large weight decay."""

import torch
from language_base import Language


class Decayed(Language):
    def setup(self):
        super().setup()
        matrices = [one for one in self.model.parameters() if one.dim() > 1]
        rest = [one for one in self.model.parameters() if one.dim() <= 1]
        groups = [{"params": matrices, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}]  # fixed
        # buggy: groups = [{"params": matrices + rest, "weight_decay": 0.1}]
        self.optimizer = torch.optim.AdamW(groups, lr=self.config.learning_rate)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimizer, self.config.learning_rate, self.steps, pct_start=0.2)
