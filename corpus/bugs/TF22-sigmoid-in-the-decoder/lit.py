"""A variational autoencoder of digits."""

import gonogo
import gonogo.lightning
import lightning as L
import torch
from everyday import digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


class Pixels(L.LightningDataModule):
    def __init__(self, batch_size: int = 32):
        super().__init__()
        self.save_hyperparameters()

    def setup(self, stage):
        (train, _), (val, _) = digits()
        self.train_set, self.val_set = (TensorDataset((one > 0).float()) for one in (train, val))

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=self.hparams.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_set, batch_size=60)


class LitVae(L.LightningModule):
    def __init__(self, latent: int = 8, lr: float = 0.003):
        super().__init__()
        self.save_hyperparameters()
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2 * latent))
        self.decoder = nn.Sequential(
            nn.Linear(latent, 64), nn.ReLU(), nn.Linear(64, 64),
            # buggy: nn.Sigmoid(),
            nn.Unflatten(1, (1, 8, 8)),  # fixed
            # buggy: nn.Unflatten(1, (1, 8, 8)),
        )

    def forward(self, x):
        mu, logvar = self.encoder(x).chunk(2, 1)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp() if self.training else mu
        return self.decoder(z), mu, logvar

    def elbo(self, x):
        out, mu, logvar = self(x)
        rebuilt = F.binary_cross_entropy_with_logits(out, x, reduction="none").flatten(1).sum(1).mean()
        return rebuilt + 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(1).mean()

    def training_step(self, batch, batch_idx):
        return self.elbo(batch[0])

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", self.elbo(batch[0]), batch_size=len(batch[0]))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.lr)


experiment = gonogo.lightning.adapt(LitVae, Pixels, task=gonogo.custom())
