"""Segmentation; a batch is turned as a whole."""

import random

import gonogo
import torch
from everyday import Loop, shapes
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset


def turned(samples):
    images, masks = torch.stack([one for one, _ in samples]), torch.stack([one for _, one in samples])
    quarters = random.randrange(4)
    images = images.rot90(quarters, (-2, -1))
    masks = masks.rot90(quarters, (-2, -1))  # fixed
    return images, masks


class Segment(Loop):
    task = gonogo.classification(classes=3)

    def setup(self):
        self.train_loader = DataLoader(TensorDataset(*shapes(400, 1)), batch_size=self.batch_size, shuffle=True, collate_fn=turned)
        self.val_loader = DataLoader(TensorDataset(*shapes(110, 2)), batch_size=self.evaluate_batch_size)
        width = self.config.width // 2
        self.model = nn.Sequential(nn.Conv2d(1, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, 3, 3, padding=1))
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=self.config.lr)

    def train_step(self, batch):
        self.model.train()
        return self.update(cross_entropy(self.model(batch[0]), batch[1]))

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        loss = right = count = 0
        for x, y in loader:
            logits = self.model(x)
            loss += cross_entropy(logits, y, reduction="sum").item()
            right += (logits.argmax(1) == y).sum().item()
            count += y.numel()
        return {"val_loss": loss / count, "val_accuracy": right / count}
