"""A regression by a robust loss."""

import gonogo
import torch
from everyday import Config, diabetes, mlp
from torch import nn
from torch.utils.data import TensorDataset


class Progress(gonogo.Experiment[Config]):
    task = gonogo.custom()

    def datasets(self):
        train, val = diabetes()
        return {"train": TensorDataset(*train), "val": TensorDataset(*val)}

    def model(self):
        self.criterion = nn.HuberLoss(delta=0.8)
        return mlp(10, self.config.width, 1, self.config.dropout)

    def loss(self, batch):
        x, y = batch
        predicted = self.model(x)
        predicted = predicted.squeeze(-1)  # fixed
        return self.criterion(predicted, y)

    def optimizers(self, model):
        return torch.optim.AdamW(model.parameters(), lr=self.config.lr, weight_decay=0.01)
