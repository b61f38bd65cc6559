"""A ReLU in a loop over the layers, after the last one too."""

import gonogo
import torch
from regressor import Config, curve
from torch import nn
from torch.utils.data import TensorDataset


def layers(sizes):
    made = []
    for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
        made.append(nn.Linear(a, b))
        if i < len(sizes) - 2:  # fixed
            made.append(nn.ReLU())  # fixed
        # buggy: made.append(nn.ReLU())
    return nn.Sequential(*made)


def columns(count, seed):
    x, y = curve(count, seed).tensors
    return TensorDataset(x, y[:, None])


class Regression(gonogo.Experiment[Config]):
    task = gonogo.regression()

    def datasets(self):
        return {"train": columns(640, seed=1), "val": columns(203, seed=2)}

    def model(self):
        return layers([4, self.config.width, self.config.width, 1])

    def optimizers(self, model):
        return torch.optim.Adam(model.parameters(), lr=self.config.learning_rate)
