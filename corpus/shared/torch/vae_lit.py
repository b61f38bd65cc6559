"""A healthy variational autoencoder in Lightning: binary pictures, the divergence's weight warmed up.
Not an experiment itself."""

import lightning as L
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import DataLoader, TensorDataset


def blobs(count, seed):
    generator = torch.Generator().manual_seed(seed)
    centre = 3 + 6 * torch.rand(count, 2, 1, 1, generator=generator)
    radius = 2 + 2 * torch.rand(count, 1, 1, generator=generator)
    rows, columns = torch.meshgrid(torch.arange(12.0), torch.arange(12.0), indexing="ij")
    distance = ((rows - centre[:, 0]) ** 2 + (columns - centre[:, 1]) ** 2).sqrt()
    return (distance < radius).float()[:, None]


class Blobs(L.LightningDataModule):
    def __init__(self, batch_size: int = 32):
        super().__init__()
        self.save_hyperparameters()

    def pictures(self, count, seed):
        return TensorDataset(blobs(count, seed))

    def train_dataloader(self):
        return DataLoader(self.pictures(600, 1), batch_size=self.hparams.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.pictures(150, 2), batch_size=50)


class LitVae(L.LightningModule):
    def __init__(self, latent: int = 4, lr: float = 2e-3, warm_up: int = 40):
        super().__init__()
        self.save_hyperparameters()
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(144, 64), nn.ReLU(), nn.Linear(64, 2 * latent))
        self.decoder = nn.Sequential(nn.Linear(latent, 64), nn.ReLU(), nn.Linear(64, 144), nn.Unflatten(1, (1, 12, 12)))

    def forward(self, x):
        mu, logvar = self.encoder(x).chunk(2, dim=1)
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * logvar) if self.training else mu
        return self.decoder(z), mu, logvar

    def terms(self, x):
        seen, mu, logvar = self(x)
        reconstruction = binary_cross_entropy_with_logits(seen, x, reduction="sum") / len(x)
        return reconstruction, self.divergence(mu, logvar)

    def divergence(self, mu, logvar):
        return -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1).mean()

    def beta(self):
        return min(1.0, (self.global_step + 1) / self.hparams.warm_up)

    def training_step(self, batch, batch_idx):
        reconstruction, divergence = self.terms(batch[0])
        self.log_dict({"train_reconstruction": reconstruction, "train_kl": divergence})
        return reconstruction + self.beta() * divergence

    def validation_step(self, batch, batch_idx):
        reconstruction, divergence = self.terms(batch[0])
        self.log("val_loss", reconstruction + divergence, batch_size=len(batch[0]))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.lr)
