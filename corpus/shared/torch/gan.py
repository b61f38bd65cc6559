"""A healthy GAN with two optimizers, an average of the generator, and moments of its pictures as the score.
Not a bug itself."""

import copy
from dataclasses import dataclass

import gonogo
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Config:
    latent: int = gonogo.number(8, min=2)
    width: int = gonogo.number(16, min=4)
    lr: float = gonogo.number(4e-4, above=0)
    decay: float = gonogo.number(0.98, min=0, max=1)


def stripes(count, seed):
    """Waves of random phase and height [1, 8, 8]."""
    generator = torch.Generator().manual_seed(seed)
    phase, height = 6.2832 * torch.rand(count, 1, 1, 1, generator=generator), 0.5 + 0.5 * torch.rand(count, 1, 1, 1, generator=generator)
    columns = torch.arange(8.0).view(1, 1, 1, 8).expand(count, 1, 8, 8)
    return height * torch.sin(columns * 0.8 + phase)


class Generator(nn.Module):
    def __init__(self, latent, width):
        super().__init__()
        self.start = nn.Linear(latent, 2 * width * 4, bias=False)
        self.body = nn.Sequential(
            nn.BatchNorm2d(2 * width), nn.ReLU(), nn.ConvTranspose2d(2 * width, width, 4, 2, 1, bias=False),
            nn.BatchNorm2d(width), nn.ReLU(), nn.ConvTranspose2d(width, 1, 4, 2, 1), nn.Tanh(),
        )

    def forward(self, z):  # [batch, latent] → [batch, 1, 8, 8]
        return self.body(self.start(z).view(len(z), -1, 2, 2))


def discriminator(width):
    return nn.Sequential(
        nn.Conv2d(1, width, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(width, 2 * width, 4, 2, 1), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(8 * width, 1)
    )


def weights_init(module):
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
        nn.init.normal_(module.weight, 0.0, 0.02)


class Gan(gonogo.Experiment[Config]):
    task = gonogo.custom()
    objective = "moments"
    directions = {"moments": "min"}

    def setup(self):
        c = self.config
        self.train_loader = DataLoader(TensorDataset(stripes(640, 1)), batch_size=self.batch_size, shuffle=True, drop_last=True)
        self.val_loader = DataLoader(TensorDataset(stripes(200, 2)), batch_size=self.evaluate_batch_size)
        self.G, self.D = Generator(c.latent, c.width).apply(weights_init), discriminator(c.width).apply(weights_init)
        self.model = nn.ModuleDict({"G": self.G, "D": self.D})
        self.average = copy.deepcopy(self.G).requires_grad_(False).eval()
        self.opt_g, self.opt_d = self.make_optimizers()
        self.fixed_noise = torch.randn(256, c.latent, generator=torch.Generator().manual_seed(99))

    def make_optimizers(self):
        betas = (0.5, 0.999)
        return torch.optim.Adam(self.G.parameters(), lr=self.config.lr, betas=betas), torch.optim.Adam(self.D.parameters(), lr=self.config.lr, betas=betas)

    def adversarial(self, output, real):
        target = torch.ones_like(output) if real else torch.zeros_like(output)
        return binary_cross_entropy_with_logits(output, target)

    def train_step(self, batch):
        (real,) = batch
        self.model.train()
        # the discriminator
        self.opt_d.zero_grad()
        fake = self.G(torch.randn(len(real), self.config.latent))
        loss_d = self.adversarial(self.D(real), True) + self.adversarial(self.D(fake.detach()), False)
        loss_d.backward()
        self.opt_d.step()
        # the generator
        self.opt_g.zero_grad()
        loss_g = self.adversarial(self.D(fake), True)
        loss_g.backward()
        self.opt_g.step()
        self.update_average()
        return {"loss": loss_d + loss_g, "loss_d": loss_d, "loss_g": loss_g}

    @torch.no_grad()
    def update_average(self):
        for mean, live in zip(self.average.state_dict().values(), self.G.state_dict().values()):
            mean.copy_(live if not live.is_floating_point() else mean.lerp(live, 1 - self.config.decay))

    @torch.no_grad()
    def evaluate(self, loader):
        """Distance of mean and deviation of each pixel, and how far the discriminator tells real pictures."""
        self.model.eval()
        images = self.average(self.fixed_noise)
        pixels = torch.cat([real for (real,) in loader])
        moments = (images.mean(0) - pixels.mean(0)).square().mean() + (images.std(0) - pixels.std(0)).square().mean()
        told = self.adversarial(self.D(pixels), True)
        return {"val_moments": moments.item(), "val_loss": told.item()}

    def parts(self):
        return {"G": self.G, "D": self.D, "average": self.average, "opt_g": self.opt_g, "opt_d": self.opt_d, "progress": self.progress}

    def save(self, path):
        torch.save({name: part.state_dict() for name, part in self.parts().items()}, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        for name, part in self.parts().items():
            part.load_state_dict(state[name])
