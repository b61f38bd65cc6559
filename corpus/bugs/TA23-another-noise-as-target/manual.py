"""Noise."""

import torch
from ddpm import STEPS, Ddpm
from torch.nn.functional import mse_loss


class Moons(Ddpm):
    def train_step(self, batch):
        (x,) = batch
        self.model.train()
        t = torch.randint(0, STEPS, (len(x),))
        noise = torch.randn_like(x)
        # buggy: loss = mse_loss(self.model(self.noised(x, t, noise), t), torch.randn_like(x))
        loss = mse_loss(self.model(self.noised(x, t, noise), t), noise)  # fixed
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.update_ema()
        return {"loss": loss}
