"""Segmentation with augmentation in a callable collate class."""

import gonogo
import torch
from everyday import Loop, shapes
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset, default_collate


class FlipSome:
    def __init__(self, p=0.5):
        self.p = p

    def __call__(self, samples):
        pictures, masks = default_collate(samples)
        chosen = torch.rand(len(pictures)) < self.p
        pictures = torch.where(chosen[:, None, None, None], pictures.flip(-1), pictures)
        masks = torch.where(chosen[:, None, None], masks.flip(-1), masks)  # fixed
        return pictures, masks


class Segment(Loop):
    task = gonogo.classification(classes=3)

    def setup(self):
        self.train_loader = DataLoader(TensorDataset(*shapes(480, 1)), batch_size=self.batch_size, shuffle=True, collate_fn=FlipSome())
        self.val_loader = DataLoader(TensorDataset(*shapes(110, 2)), batch_size=self.evaluate_batch_size)
        width = self.config.width
        self.model = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, 3, 1)
        )
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=self.config.lr)

    def train_step(self, batch):
        self.model.train()
        return self.update(cross_entropy(self.model(batch[0]), batch[1]))

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        loss = right = count = 0
        for pictures, masks in loader:
            logits = self.model(pictures)
            loss += cross_entropy(logits, masks, reduction="sum").item()
            right += (logits.argmax(1) == masks).sum().item()
            count += masks.numel()
        return {"val_loss": loss / count, "val_accuracy": right / count}
