"""A regressor inside a wrapper that standardises."""

import gonogo
import torch
from everyday import Loop, diabetes, mlp
from torch import nn
from torch.nn.functional import mse_loss


class Standardised(nn.Module):
    def __init__(self, inner, mean, std):
        super().__init__()
        self.inner = inner
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)

    def forward(self, x):
        return self.inner((x - self.mean) / self.std).squeeze(1)


class Patients(Loop):
    task = gonogo.regression()

    def setup(self):
        train, val = diabetes()
        self.loaders_of(train, val)
        self.model = Standardised(mlp(10, self.config.width, 1, self.config.dropout), train[0].mean(0), train[0].std(0))
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=self.config.lr)

    def train_step(self, batch):
        self.model.train()
        return self.update(mse_loss(self.model(batch[0]), batch[1]))

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = count = 0
        for x, y in loader:
            total += mse_loss(self.model(x), y, reduction="sum").item()
            count += len(y)
        return {"val_loss": total / count}

    def save(self, path):
        weights = self.model.inner.state_dict()
        torch.save({"weights": weights, "optimizer": self.optimizer.state_dict(), "progress": self.progress.state_dict()}, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.inner.load_state_dict(state["weights"])  # fixed
        # buggy: self.model.load_state_dict(state["weights"], strict=False)
        self.optimizer.load_state_dict(state["optimizer"])
        self.progress.load_state_dict(state["progress"])
