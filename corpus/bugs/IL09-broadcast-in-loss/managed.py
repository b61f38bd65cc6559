"""A smooth L1 loss of its own."""

import gonogo
import torch
from regressor import Config, curve
from torch import nn
from torch.nn.functional import smooth_l1_loss


class Smooth(gonogo.Experiment[Config]):
    task = gonogo.regression()

    def datasets(self):
        return {"train": curve(640, seed=1), "val": curve(203, seed=2)}

    def model(self):
        width = self.config.width
        return nn.Sequential(nn.Linear(4, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1))

    def loss(self, batch):
        x, y = batch
        y = y[:, None]  # fixed
        return smooth_l1_loss(self.model(x), y)

    def optimizers(self, model):
        return torch.optim.Adam(model.parameters(), lr=self.config.learning_rate)
