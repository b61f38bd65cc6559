"""Linear regression on a curve."""

import gonogo
import torch
from regressor import Config, curve
from torch import nn
from torch.utils.data import TensorDataset


def columns(count, seed):
    x, y = curve(count, seed).tensors
    return TensorDataset(x, y[:, None])


class Linear(gonogo.Experiment[Config]):
    task = gonogo.regression()

    def datasets(self):
        return {"train": columns(640, seed=1), "val": columns(203, seed=2)}

    def model(self):
        return nn.Linear(4, 1)

    def optimizers(self, model):
        return torch.optim.SGD(model.parameters(), lr=0.05)
