"""Pictures of bytes, and a network without batch norm."""

import gonogo
import torch
from classifier import CLASSES, Config, patterns
from torch import nn
from torch.utils.data import TensorDataset


def pictures(count, seed):
    image, label = patterns(count, seed).tensors
    image = (image * 30 + 128).clamp(0, 255).round()
    image = (image - 128) / 30  # fixed
    return TensorDataset(image, label)


class Bytes(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=CLASSES)

    def datasets(self):
        return {"train": pictures(640, seed=1), "val": pictures(203, seed=2)}

    def model(self):
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, CLASSES))

    def optimizers(self, model):
        return torch.optim.AdamW(model.parameters(), lr=self.config.learning_rate)
