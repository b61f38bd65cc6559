"""Noise."""

import torch
from ddpm import STEPS, Ddpm
from torch.nn.functional import mse_loss


class Moons(Ddpm):
    def train_step(self, batch):
        (x,) = batch
        self.model.train()
        # buggy: generator = torch.Generator().manual_seed(0)
        generator = None  # fixed
        t = torch.randint(0, STEPS, (len(x),), generator=generator)
        noise = torch.randn(x.shape, generator=generator)
        loss = mse_loss(self.model(self.noised(x, t, noise), t), noise)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self.update_ema()
        return {"loss": loss}
