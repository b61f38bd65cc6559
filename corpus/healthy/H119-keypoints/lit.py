"""Finds the two ends of a stick: one heatmap each."""

import gonogo
import gonogo.lightning
import lightning as L
import torch
from lightning.pytorch.callbacks import EarlyStopping
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

HEIGHT, WIDTH, SIGMA = 12, 20, 1.2


class Sticks(Dataset):
    """A bright end, a dark end, a grey line between."""

    def __init__(self, count, seed, mirror=False):
        g = torch.Generator().manual_seed(seed)
        size = torch.tensor([WIDTH - 4.0, HEIGHT - 4.0])
        self.points = (2 + torch.rand(count, 2, 2, generator=g) * size).round()  # (x, y)
        self.images = torch.stack([self.draw(pair) for pair in self.points]) + 0.1 * torch.randn(count, 1, HEIGHT, WIDTH, generator=g)
        self.mirror = mirror

    def draw(self, pair):
        image = torch.zeros(1, HEIGHT, WIDTH)
        for share in torch.linspace(0, 1, 30):
            x, y = (pair[0] * (1 - share) + pair[1] * share).round().long()
            image[0, y, x] = 0.3
        (x0, y0), (x1, y1) = pair.long()
        image[0, y0, x0], image[0, y1, x1] = 1.5, -1.0
        return image

    def __len__(self):
        return len(self.points)

    def __getitem__(self, i):
        image, points = self.images[i], self.points[i].clone()
        if self.mirror and torch.rand(()) < 0.5:
            image = image.flip(-1)
            points[:, 0] = WIDTH - 1 - points[:, 0]
        return image, points


def heatmaps(points):
    """[batch, 2, (x, y)] → [batch, 2, HEIGHT, WIDTH]"""
    y, x = torch.meshgrid(torch.arange(HEIGHT), torch.arange(WIDTH), indexing="ij")
    squared = (x - points[..., 0, None, None]) ** 2 + (y - points[..., 1, None, None]) ** 2
    return torch.exp(-squared / (2 * SIGMA**2))


def peaks(maps):
    """[batch, 2, HEIGHT, WIDTH] → [batch, 2, (x, y)]"""
    index = maps.flatten(2).argmax(2)
    return torch.stack([index % WIDTH, index // WIDTH], -1)


class LitKeypoints(L.LightningModule):
    def __init__(self, width: int = 16, lr: float = 5e-3):
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, 2, 1),
        )  # fmt: skip

    def forward(self, images):
        return self.net(images)

    def training_step(self, batch, batch_idx):
        images, points = batch
        return F.mse_loss(self(images), heatmaps(points))

    def validation_step(self, batch, batch_idx):
        images, points = batch
        maps = self(images)
        self.log("val_loss", F.mse_loss(maps, heatmaps(points)), batch_size=len(images))
        close = (peaks(maps) - points).norm(dim=-1) <= 1.5
        self.log("val_pck", close.float().mean(), batch_size=len(images))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.lr)


def loaders(batch_size: int):
    return DataLoader(Sticks(500, 1, mirror=True), batch_size=batch_size, shuffle=True), DataLoader(Sticks(120, 2), batch_size=50)


experiment = gonogo.lightning.adapt(
    LitKeypoints, loaders, task=gonogo.custom(), objective="pck", directions={"pck": "max"},
    trainer={"callbacks": [EarlyStopping(monitor="val_pck", mode="max", patience=5)]},
)
