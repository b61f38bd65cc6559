"""A GAN on points in a plane."""

from dataclasses import dataclass

import gonogo
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Config:
    width: int = gonogo.number(32, min=4)


def ring(count, seed):
    generator = torch.Generator().manual_seed(seed)
    angle = 6.2832 * torch.rand(count, generator=generator)
    return TensorDataset(torch.stack([angle.cos(), angle.sin()], 1) + 0.05 * torch.randn(count, 2, generator=generator))


class Gan(gonogo.Experiment[Config]):
    task = gonogo.custom()

    def setup(self):
        width = self.config.width
        self.train_loader = DataLoader(ring(640, 1), batch_size=self.batch_size, shuffle=True)
        self.val_loader = DataLoader(ring(203, 2), batch_size=self.evaluate_batch_size)
        self.generator = nn.Sequential(nn.Linear(4, width), nn.ReLU(), nn.Linear(width, 2))
        self.discriminator = nn.Sequential(nn.Linear(2, width), nn.LeakyReLU(0.2), nn.Linear(width, 1))
        self.model = nn.ModuleDict({"generator": self.generator, "discriminator": self.discriminator})
        self.generator_optimizer = torch.optim.Adam(self.generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
        self.discriminator_optimizer = torch.optim.Adam(self.discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))

    def train_step(self, batch):
        (real,) = batch
        self.model.train()
        fake = self.generator(torch.randn(len(real), 4))
        self.discriminator_optimizer.zero_grad()
        loss_d = torch.relu(1 - self.discriminator(real)).mean() + torch.relu(1 + self.discriminator(fake.detach())).mean()
        loss_d.backward()
        self.discriminator_optimizer.step()
        self.generator_optimizer.zero_grad()
        loss_g = -self.discriminator(fake).mean()
        loss_g.backward()
        self.generator_optimizer.step()
        return {"loss": loss_d + loss_g}

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = count = 0
        for (real,) in loader:
            total += torch.relu(1 - self.discriminator(real)).sum().item()
            count += len(real)
        return {"val_loss": total / count}

    def save(self, path):
        torch.save(
            {
                "model": self.model.state_dict(),
                "g": self.generator_optimizer.state_dict(),
                "d": self.discriminator_optimizer.state_dict(),
                "progress": self.progress.state_dict(),
            },
            path,
        )

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.generator_optimizer.load_state_dict(state["g"])
        self.discriminator_optimizer.load_state_dict(state["d"])
        self.progress.load_state_dict(state["progress"])
