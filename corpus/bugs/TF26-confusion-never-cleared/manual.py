"""Segmentation with mean overlap from a confusion matrix."""

import gonogo
import torch
from everyday import Loop, shapes
from torch import nn
from torch.nn.functional import cross_entropy


class Confusion:
    def __init__(self, classes):
        self.classes = classes
        self.reset()

    def reset(self):
        self.table = torch.zeros(self.classes, self.classes, dtype=torch.int64)

    def add(self, guess, truth):
        pairs = truth.flatten() * self.classes + guess.flatten()
        self.table += torch.bincount(pairs, minlength=self.classes**2).view(self.classes, self.classes)

    def mean_overlap(self):
        hits = self.table.diagonal()
        return (hits / (self.table.sum(0) + self.table.sum(1) - hits).clamp(min=1)).mean().item()


class UNet(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(1, width, 3, padding=1), nn.ReLU())
        self.deep = nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(width, 2 * width, 3, padding=1), nn.ReLU(), nn.Upsample(scale_factor=2))
        self.out = nn.Conv2d(3 * width, 3, 3, padding=1)

    def forward(self, x):
        skip = self.down(x)
        return self.out(torch.cat([skip, self.deep(skip)], 1))


class Segment(Loop):
    task = gonogo.custom()
    objective = "miou"
    directions = {"miou": "max"}

    def setup(self):
        self.loaders_of(shapes(400, 1), shapes(110, 2))
        self.model = UNet(self.config.width // 2)
        self.confusion = Confusion(3)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=self.config.lr)

    def train_step(self, batch):
        self.model.train()
        return self.update(cross_entropy(self.model(batch[0]), batch[1]))

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        self.confusion.reset()  # fixed
        loss = count = 0
        for pictures, masks in loader:
            logits = self.model(pictures)
            loss += cross_entropy(logits, masks, reduction="sum").item()
            count += masks.numel()
            self.confusion.add(logits.argmax(1), masks)
        return {"val_loss": loss / count, "val_miou": self.confusion.mean_overlap()}
