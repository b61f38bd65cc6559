"""The diabetes table of scikit-learn."""

import gonogo
import torch
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import TensorDataset


class Diabetes(gonogo.Experiment[None]):
    task = gonogo.regression()
    directions = {"mae": "min"}

    def datasets(self):
        X, y = load_diabetes(return_X_y=True, scaled=False)
        X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.25, random_state=0)
        mean, std = X_train.mean(0), X_train.std(0)
        self.y_mean, self.y_std = y_train.mean(), y_train.std()
        make = lambda a, b: TensorDataset(torch.tensor((a - mean) / std).float(), torch.tensor((b - self.y_mean) / self.y_std).float().unsqueeze(1))
        return {"train": make(X_train, y_train), "val": make(X_val, y_val)}

    def model(self):
        return nn.Sequential(nn.Linear(10, 64), nn.LayerNorm(64), nn.SiLU(), nn.Dropout(0.1), nn.Linear(64, 1))

    def optimizers(self, model):
        optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-2)
        return optimizer, torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=self.steps)

    def loss(self, batch):
        x, y = batch
        return nn.functional.huber_loss(self.model(x), y)

    def metrics(self, batch):
        x, y = batch
        return {"mae": ((self.model(x) - y).abs() * self.y_std).squeeze(1)}
