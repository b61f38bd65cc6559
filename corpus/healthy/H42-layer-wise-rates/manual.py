"""Layer-wise decay of the rate, as in fine-tuning."""

import torch
from classifier import Classifier


class LayerWise(Classifier):
    def make_optimizer(self):
        rates = {"conv1": 0.05, "bn1": 0.05, "conv2": 0.3, "bn2": 0.3, "head": 1.0}
        groups = []
        for name, parameter in self.model.named_parameters():
            rate = self.config.learning_rate * rates[name.split(".")[0]]
            groups.append({"params": [parameter], "lr": rate, "weight_decay": 0.05 if parameter.dim() > 1 else 0.0})
        return torch.optim.AdamW(groups, lr=self.config.learning_rate)

    def setup(self):
        super().setup()
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, self.steps)
