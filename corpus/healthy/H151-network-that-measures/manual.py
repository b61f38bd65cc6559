"""Autoencoder with a perceptual term from a fixed net that nobody froze."""

import gonogo
import torch
import torch.nn.functional as F
from small_data import loaders, pictures
from torch import nn


class Deblur(gonogo.Experiment):
    task = gonogo.custom()

    def setup(self):
        self.train_loader, self.val_loader = loaders(pictures, train=320, val=100)
        self.model = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 1, 3, padding=1))
        self.vgg = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 16, 3, stride=2), nn.ReLU()).eval()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3)

    def losses(self, x):
        blur = F.avg_pool2d(x, 3, 1, 1)
        out = self.model(blur)
        return F.l1_loss(out, x) + 0.1 * F.mse_loss(self.vgg(out), self.vgg(x))

    def train_step(self, batch):
        self.model.train()
        loss = self.losses(batch[0])
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        s = n = 0
        for x, _ in loader:
            s += self.losses(x).item() * len(x)
            n += len(x)
        return {"val_loss": s / n}

    def save(self, path):
        torch.save({"m": self.model.state_dict(), "v": self.vgg.state_dict(), "o": self.optimizer.state_dict(), "p": self.progress.state_dict()}, path)

    def load(self, path):
        s = torch.load(path, weights_only=True)
        self.model.load_state_dict(s["m"])
        self.vgg.load_state_dict(s["v"])
        self.optimizer.load_state_dict(s["o"])
        self.progress.load_state_dict(s["p"])
