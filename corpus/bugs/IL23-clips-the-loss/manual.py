"""Temporal differences of some size."""

import torch
from regressor import Regressor
from torch.nn.functional import smooth_l1_loss


class Clipped(Regressor):
    def train_step(self, batch):
        x, y = batch
        self.model.train()
        self.optimizer.zero_grad()
        error = self.predict(x) - 4 * y
        loss = smooth_l1_loss(error, torch.zeros_like(error))  # fixed
        # buggy: loss = error.clamp(-1, 1).square().mean()
        loss.backward()
        self.optimizer.step()
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = count = 0
        for x, y in loader:
            total += smooth_l1_loss(self.predict(x), 4 * y, reduction="sum").item()
            count += len(y)
        return {"val_loss": total / count}
