"""VQ-VAE on small pictures of bars; the codebook is an exponential moving average of what is assigned to it."""

from dataclasses import dataclass

import gonogo
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Config:
    codes: int = gonogo.number(32, min=2)
    dim: int = gonogo.number(8, min=2)
    beta: float = gonogo.number(0.25, min=0)
    decay: float = gonogo.number(0.9, min=0, max=1)
    lr: float = gonogo.number(3e-3, above=0)


def bars(count, seed):
    g = torch.Generator().manual_seed(seed)
    images = torch.zeros(count, 1, 12, 12)
    for image in images:
        for _ in range(2):
            at, thick = (int(v) for v in torch.randint(1, 9, (2,), generator=g))
            shade = 0.4 + 0.6 * torch.rand((), generator=g)
            if torch.rand((), generator=g) < 0.5:
                image[0, at : at + 1 + thick // 4] = shade
            else:
                image[0, :, at : at + 1 + thick // 4] = shade
    return TensorDataset(images - 0.3)


class Quantizer(nn.Module):
    def __init__(self, codes, dim, decay):
        super().__init__()
        self.decay = decay
        self.register_buffer("codebook", torch.randn(codes, dim))
        self.register_buffer("size", torch.ones(codes))
        self.register_buffer("total", self.codebook.clone())

    def forward(self, z):  # [batch, dim, h, w]
        flat = z.permute(0, 2, 3, 1).reshape(-1, z.shape[1])
        index = torch.cdist(flat, self.codebook).argmin(1)
        if self.training:
            self.follow(flat.detach(), index)
        quantized = self.codebook[index].view(z.shape[0], z.shape[2], z.shape[3], -1).permute(0, 3, 1, 2)
        commitment = F.mse_loss(z, quantized.detach())
        return z + (quantized - z).detach(), commitment

    @torch.no_grad()
    def follow(self, flat, index):
        taken = F.one_hot(index, len(self.codebook)).float()
        self.size.mul_(self.decay).add_(taken.sum(0), alpha=1 - self.decay)
        self.total.mul_(self.decay).add_(taken.T @ flat, alpha=1 - self.decay)
        self.codebook.copy_(self.total / self.size.clamp(min=1e-3)[:, None])


class VQVAE(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(1, 16, 4, 2, 1), nn.ReLU(), nn.Conv2d(16, c.dim, 3, 1, 1))
        self.quantizer = Quantizer(c.codes, c.dim, c.decay)
        self.decoder = nn.Sequential(nn.Conv2d(c.dim, 16, 3, 1, 1), nn.ReLU(), nn.ConvTranspose2d(16, 1, 4, 2, 1))

    def forward(self, x):
        quantized, commitment = self.quantizer(self.encoder(x))
        return self.decoder(quantized), commitment


class Bars(gonogo.Experiment[Config]):
    task = gonogo.custom()

    def setup(self):
        self.train_loader = DataLoader(bars(640, 1), batch_size=self.batch_size, shuffle=True)
        self.val_loader = DataLoader(bars(150, 2), batch_size=self.evaluate_batch_size)
        self.model = VQVAE(self.config)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=self.config.lr)

    def train_step(self, batch):
        (x,) = batch
        self.model.train()
        seen, commitment = self.model(x)
        terms = {"reconstruction": F.mse_loss(seen, x), "commitment": self.config.beta * commitment}
        loss = sum(terms.values())
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return {"loss": loss, **terms}

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = count = 0
        for (x,) in loader:
            total += F.mse_loss(self.model(x)[0], x, reduction="sum").item()
            count += x.numel()
        return {"val_loss": total / count}

    def save(self, path):
        torch.save({"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "progress": self.progress.state_dict()}, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.progress.load_state_dict(state["progress"])
