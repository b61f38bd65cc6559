"""A variational autoencoder of patterns."""

import gonogo
import torch
from classifier import patterns
from regressor import Regressor
from torch import nn
from torch.utils.data import DataLoader


class Vae(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 16))
        self.decoder = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64))

    def forward(self, x):
        mean, log_variance = self.encoder(x).chunk(2, 1)
        z = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
        return self.decoder(z), mean, log_variance

    def loss(self, x):  # [batch]
        seen, mean, log_variance = self(x)
        divergence = -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum(1)
        return (seen - x.flatten(1)).square().sum(1) + divergence


class Pictures(Regressor):
    task = gonogo.custom()

    def setup(self):
        super().setup()
        self.train_loader = DataLoader(patterns(640, 1), batch_size=self.batch_size, shuffle=True)
        self.val_loader = DataLoader(patterns(203, 2), batch_size=self.evaluate_batch_size)
        self.model = Vae()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3)

    def train_step(self, batch):
        self.model.train()
        self.optimizer.zero_grad()
        loss = self.model.loss(batch[0]).mean()
        loss.backward()
        self.optimizer.step()
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = count = 0
        for image, _ in loader:
            total += self.model.loss(image).sum().item()
            count += len(image)
        return {"val_loss": total / count}
