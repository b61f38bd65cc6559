"""The divergence."""

import gonogo
import gonogo.lightning
import torch
from vae_lit import Blobs, LitVae


class Vae(LitVae):
    def divergence(self, mu, logvar):
        # buggy: return 0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1).mean()
        return -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1).mean()  # fixed


experiment = gonogo.lightning.adapt(Vae, Blobs, task=gonogo.custom())
