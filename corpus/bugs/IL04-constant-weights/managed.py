"""Every weight of the body starts at zero, the head at random."""

import gonogo
import torch
from classifier import CLASSES, Config, patterns
from torch import nn


class Initialised(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=CLASSES)

    def datasets(self):
        return {"train": patterns(640, seed=1), "val": patterns(203, seed=2)}

    def model(self):
        body = nn.Linear(64, 32)
        # buggy: nn.init.zeros_(body.weight)
        # buggy: nn.init.ones_(body.bias)
        nn.init.normal_(body.weight, std=0.1)  # fixed
        return nn.Sequential(nn.Flatten(), body, nn.Sigmoid(), nn.Linear(32, CLASSES))

    def optimizers(self, model):
        return torch.optim.Adam(model.parameters(), lr=self.config.learning_rate)
