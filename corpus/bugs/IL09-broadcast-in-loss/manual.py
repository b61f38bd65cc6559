"""A regression with the square written out."""

import torch
from regressor import Regressor


class Squares(Regressor):
    def predict(self, x):
        return self.model(x).squeeze(1)  # fixed
        # buggy: return self.model(x)

    def train_step(self, batch):
        x, y = batch
        self.model.train()
        self.optimizer.zero_grad()
        loss = ((self.predict(x) - y) ** 2).mean()
        loss.backward()
        self.optimizer.step()
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = count = 0
        for x, y in loader:
            total += ((self.predict(x) - y) ** 2).mean().item() * len(y)
            count += len(y)
        return {"val_loss": total / count}
