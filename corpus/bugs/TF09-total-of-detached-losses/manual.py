"""A detector of one object: its class and its box, losses kept in a dataclass."""

from dataclasses import dataclass

import gonogo
import torch
from everyday import Loop
from torch import nn
from torch.nn.functional import cross_entropy, smooth_l1_loss


def scenes(count, seed, size=16):
    """Squares and frames in noise → pictures, class, box (x, y, side) in shares of the picture."""
    g = torch.Generator().manual_seed(seed)
    pictures, kinds, boxes = 0.1 * torch.randn(count, 1, size, size, generator=g), torch.zeros(count, dtype=torch.int64), torch.zeros(count, 3)
    for index in range(count):
        side = int(torch.randint(4, 8, (), generator=g))
        x, y = (int(torch.randint(0, size - side, (), generator=g)) for _ in range(2))
        kind = int(torch.randint(2, (), generator=g))
        pictures[index, 0, y : y + side, x : x + side] += 1
        if kind:
            pictures[index, 0, y + 1 : y + side - 1, x + 1 : x + side - 1] -= 1
        kinds[index], boxes[index] = kind, torch.tensor([x + side / 2, y + side / 2, side]) / size
    return pictures, kinds, boxes


@dataclass
class Losses:
    kind: torch.Tensor
    box: torch.Tensor

    def logged(self):
        return Losses(self.kind.detach(), self.box.detach())

    def total(self, weight=10.0):
        return self.kind + weight * self.box  # fixed
        # buggy: return self.kind + weight * self.logged().box


class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, width, 3, 2, 1), nn.ReLU(), nn.Conv2d(width, 2 * width, 3, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(32 * width, 64), nn.ReLU()
        )
        self.kind, self.box = nn.Linear(64, 2), nn.Linear(64, 3)

    def forward(self, x):
        h = self.body(x)
        return self.kind(h), self.box(h)


class Detect(Loop):
    task = gonogo.custom()

    def setup(self):
        self.loaders_of(scenes(640, 1), scenes(150, 2))
        self.model = Net(self.config.width)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=self.config.lr)

    def losses(self, batch, reduction="mean"):
        kind, box = self.model(batch[0])
        return Losses(cross_entropy(kind, batch[1], reduction=reduction), smooth_l1_loss(box, batch[2], reduction=reduction))

    def train_step(self, batch):
        self.model.train()
        losses = self.losses(batch)
        return self.update(losses.total())

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        kind = box = count = 0
        for batch in loader:
            losses = self.losses(batch, "sum")
            kind, box, count = kind + losses.kind.item(), box + losses.box.item() / 3, count + len(batch[0])
        return {"val_loss": (kind + 10 * box) / count}
