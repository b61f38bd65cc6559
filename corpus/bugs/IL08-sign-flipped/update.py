"""A step of gradient descent by hand."""

import torch
from regressor import Regressor
from torch.nn.functional import mse_loss


class PlainDescent(torch.optim.Optimizer):
    def __init__(self, params, lr):
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter.sub_(group["lr"] * parameter.grad)  # fixed
                    # buggy: parameter.add_(group["lr"] * parameter.grad)


class ByHand(Regressor):
    def setup(self):
        super().setup()
        self.optimizer = PlainDescent(self.model.parameters(), lr=0.05)

    def train_step(self, batch):
        x, y = batch
        self.model.train()
        self.optimizer.zero_grad()
        loss = mse_loss(self.predict(x), y)
        loss.backward()
        self.optimizer.step()
        return {"loss": loss}
