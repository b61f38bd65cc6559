"""Weights of a small network by hand."""

import gonogo
import torch
from classifier import CLASSES, Config, patterns
from torch import nn


class Initialised(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=CLASSES)

    def datasets(self):
        return {"train": patterns(640, seed=1), "val": patterns(203, seed=2)}

    def model(self):
        model = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.Sigmoid(), nn.Linear(32, CLASSES))
        for name, parameter in model.named_parameters():
            if name.endswith("weight"):
                parameter.data = 0.1 * torch.randn_like(parameter)  # fixed
                # buggy: parameter.data = 0.01 * torch.ones_like(parameter)
        return model

    def optimizers(self, model):
        return torch.optim.Adam(model.parameters(), lr=self.config.learning_rate)
