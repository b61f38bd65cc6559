"""InfoNCE of two noisy views."""

import math
from dataclasses import dataclass

import gonogo
import torch
from classifier import patterns
from torch import nn
from torch.nn.functional import cross_entropy, normalize
from torch.utils.data import DataLoader


@dataclass
class Config:
    temperature: float = gonogo.number(0.5, above=0)


class Contrastive(gonogo.Experiment[Config]):
    task = gonogo.custom()

    def setup(self):
        self.train_loader = DataLoader(patterns(640, seed=1), batch_size=self.batch_size, shuffle=True, drop_last=True)
        self.val_loader = DataLoader(patterns(256, seed=2), batch_size=self.evaluate_batch_size)
        self.model = nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 16))
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3)

    def similarity(self, a, b):
        return normalize(self.model(a), dim=1) @ normalize(self.model(b), dim=1).T / self.config.temperature

    def train_step(self, batch):
        image, _ = batch
        self.model.train()
        self.optimizer.zero_grad()
        a, b = image + 0.3 * torch.randn_like(image), image + 0.3 * torch.randn_like(image)
        scores = self.similarity(a, b)
        loss = cross_entropy(scores, torch.arange(len(image)))
        loss.backward()
        self.optimizer.step()
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, loader):
        """Agreement of a picture with its mirror image, sample by sample."""
        self.model.eval()
        total = count = 0
        for image, _ in loader:
            a, b = self.model(image), self.model(image + 0.1)
            total += (1 - torch.cosine_similarity(a, b)).sum().item()
            count += len(image)
        return {"val_loss": total / count if count else math.nan}

    def save(self, path):
        torch.save({"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "progress": self.progress.state_dict()}, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.progress.load_state_dict(state["progress"])
