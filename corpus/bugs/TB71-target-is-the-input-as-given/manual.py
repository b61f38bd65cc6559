"""Noise."""

import torch
from tied import Denoiser
from torch.nn.functional import mse_loss


class Waves(Denoiser):
    def train_step(self, batch):
        (x,) = batch
        self.model.train()
        self.optimizer.zero_grad()
        # buggy: noisy = x.add_(self.config.noise * torch.randn_like(x))
        noisy = x + self.config.noise * torch.randn_like(x)  # fixed
        loss = mse_loss(self.model(noisy), x)
        loss.backward()
        self.optimizer.step()
        return {"loss": loss}
