"""Two optimizers."""

import torch
from gan import Gan


class Stripes(Gan):
    def train_step(self, batch):
        (real,) = batch
        self.model.train()
        self.opt_d.zero_grad()
        fake = self.G(torch.randn(len(real), self.config.latent))
        # buggy: fake = fake.detach()
        loss_d = self.adversarial(self.D(real), True) + self.adversarial(self.D(fake.detach()), False)
        loss_d.backward()
        self.opt_d.step()
        self.opt_g.zero_grad()
        loss_g = self.adversarial(self.D(fake), True)
        loss_g.backward()
        self.opt_g.step()
        self.update_average()
        return {"loss": loss_d + loss_g}
