"""Prediction of the noise; the last layer starts at zero."""

import gonogo
import torch
from classifier import patterns
from regressor import Regressor
from torch import nn
from torch.utils.data import DataLoader


class Denoiser(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(65, 128), nn.SiLU(), nn.Linear(128, 128), nn.SiLU(), nn.Linear(128, 64))
        nn.init.zeros_(self.net[-1].weight)
        nn.init.zeros_(self.net[-1].bias)

    def forward(self, x, t):
        return self.net(torch.cat([x, t[:, None]], 1))


class Diffusion(Regressor):
    task = gonogo.custom(initial={"loss": 1.0})

    def setup(self):
        super().setup()
        self.train_loader = DataLoader(patterns(640, 1), batch_size=self.batch_size, shuffle=True)
        self.val_loader = DataLoader(patterns(203, 2), batch_size=self.evaluate_batch_size)
        self.model = Denoiser()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-3)

    def squares(self, image):  # [batch]
        x, t = image.flatten(1), torch.rand(len(image))
        kept = torch.cos(1.5708 * t)[:, None]
        noise = torch.randn_like(x)
        return (self.model(kept * x + (1 - kept**2).sqrt() * noise, t) - noise).square().mean(1)

    def train_step(self, batch):
        self.model.train()
        self.optimizer.zero_grad()
        loss = self.squares(batch[0]).mean()
        loss.backward()
        self.optimizer.step()
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = count = 0
        for image, _ in loader:
            total += self.squares(image).sum().item()
            count += len(image)
        return {"val_loss": total / count}
