"""Standardised pictures."""

import gonogo
import gonogo.lightning
from torch.utils.data import TensorDataset
from vae_lit import Blobs, LitVae, blobs


class Standardised(Blobs):
    def pictures(self, count, seed):
        x = blobs(count, seed)
        # buggy: x = (x - 0.2) / 0.4
        return TensorDataset(x)


experiment = gonogo.lightning.adapt(LitVae, Standardised, task=gonogo.custom())
