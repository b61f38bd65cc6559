"""A healthy classifier with nothing of its own but data, model and optimizer: gonogo owns the step, the evaluation, the checkpoint.
Not a bug itself."""

import gonogo
import torch
from classifier import CLASSES, Config, Net, patterns


class Managed(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=CLASSES)

    def datasets(self):
        return {"train": patterns(640, seed=1), "val": patterns(203, seed=2)}

    def model(self):
        return Net(self.config.width, self.config.dropout)

    def optimizers(self, model):
        optimizer = torch.optim.AdamW(model.parameters(), lr=self.config.learning_rate)
        return optimizer, torch.optim.lr_scheduler.OneCycleLR(optimizer, self.config.learning_rate, self.steps, pct_start=0.2)
