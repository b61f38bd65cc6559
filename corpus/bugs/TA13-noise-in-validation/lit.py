"""Draws always."""

import gonogo
import gonogo.lightning
import torch
from vae_lit import Blobs, LitVae


class Vae(LitVae):
    def forward(self, x):
        mu, logvar = self.encoder(x).chunk(2, dim=1)
        # buggy: z = mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * logvar) if self.training else mu  # fixed
        return self.decoder(z), mu, logvar


experiment = gonogo.lightning.adapt(Vae, Blobs, task=gonogo.custom())
