"""Two optimizers."""

import torch
from gan import Gan


class Stripes(Gan):
    def train_step(self, batch):
        (real,) = batch
        self.model.train()
        self.opt_d.zero_grad()
        # buggy: self.opt_g.zero_grad()
        fake = self.G(torch.randn(len(real), self.config.latent))
        loss_d = self.adversarial(self.D(real), True) + self.adversarial(self.D(fake), False)
        loss_d.backward(retain_graph=True)
        self.opt_d.step()
        self.opt_g.zero_grad()  # fixed
        loss_g = self.adversarial(self.D(self.G(torch.randn(len(real), self.config.latent))), True)
        loss_g.backward()
        self.opt_g.step()
        self.update_average()
        return {"loss": loss_d + loss_g}
