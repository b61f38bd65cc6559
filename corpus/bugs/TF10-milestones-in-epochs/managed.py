"""A rate that drops twice."""

import gonogo
import torch
from everyday import Config, digits, mlp
from torch.optim.lr_scheduler import MultiStepLR
from torch.utils.data import TensorDataset

EPOCHS = 20


class Recognise(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=10)

    def datasets(self):
        train, val = digits(flat=True)
        return {"train": TensorDataset(*train), "val": TensorDataset(*val)}

    def model(self):
        return mlp(64, self.config.width, 10, self.config.dropout)

    def optimizers(self, model):
        optimizer = torch.optim.SGD(model.parameters(), lr=20 * self.config.lr, momentum=0.9, weight_decay=5e-4)
        milestones = [self.steps * 12 // EPOCHS, self.steps * 16 // EPOCHS]  # fixed
        # buggy: milestones = [12, 16]
        return optimizer, MultiStepLR(optimizer, milestones, gamma=0.1)
