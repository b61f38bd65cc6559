"""A counter of its own."""

import gonogo
import gonogo.lightning
from vae_lit import Blobs, LitVae


class Vae(LitVae):
    def __init__(self, latent: int = 4, lr: float = 2e-3, warm_up: int = 40):
        super().__init__(latent, lr, warm_up)
        self.annealed = 0

    def beta(self):
        self.annealed += 1
        return min(1.0, self.annealed / self.hparams.warm_up)

    def on_save_checkpoint(self, checkpoint):
        checkpoint["format"] = 1
        checkpoint["annealed"] = self.annealed  # fixed

    def on_load_checkpoint(self, checkpoint):
        assert checkpoint["format"] == 1
        self.annealed = checkpoint["annealed"]  # fixed


experiment = gonogo.lightning.adapt(Vae, Blobs, task=gonogo.custom())
