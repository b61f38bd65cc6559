"""PointNet on spheres, cubes, cones and tori. The loaders are ours, the step is the usual one."""

import math
from dataclasses import dataclass

import gonogo
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

POINTS, SHAPES = 48, 4


@dataclass
class Config:
    width: int = gonogo.number(32, min=4)
    blocks: int = gonogo.number(2, min=1, max=8)
    lr: float = gonogo.number(3e-3, above=0)


def cloud(shape, rng):
    u, v = rng.random(POINTS), rng.random(POINTS)
    a, b = 2 * math.pi * u, np.arccos(2 * v - 1)
    if shape == 0:
        points = np.stack([np.cos(a) * np.sin(b), np.sin(a) * np.sin(b), np.cos(b)], 1)
    elif shape == 1:
        points = rng.uniform(-0.8, 0.8, (POINTS, 3))
        points[np.arange(POINTS), rng.integers(0, 3, POINTS)] = 0.8 * rng.choice([-1, 1], POINTS)
    elif shape == 2:
        points = np.stack([np.sqrt(v) * np.cos(a), np.sqrt(v) * np.sin(a), 1 - 2 * np.sqrt(v)], 1)
    else:
        c = 2 * math.pi * v
        points = np.stack([(0.8 + 0.3 * np.cos(c)) * np.cos(a), (0.8 + 0.3 * np.cos(c)) * np.sin(a), 0.3 * np.sin(c)], 1)
    return points * rng.uniform(0.7, 1.3) + rng.normal(0, 2.0, 3)


class Clouds(Dataset):
    def __init__(self, count, seed, jitter=0.0):
        rng = np.random.default_rng(seed)
        self.labels = rng.integers(0, SHAPES, count)
        self.clouds = np.stack([cloud(label, rng) for label in self.labels]).astype(np.float32)
        self.jitter = jitter
        self.rng = np.random.RandomState(seed)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        points = torch.from_numpy(self.clouds[index])
        if self.jitter:
            noise = torch.randn(POINTS, 3)
            points = points + self.jitter * noise
        return points, int(self.labels[index])


class PointNet(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.first = nn.Sequential(nn.Linear(3, c.width), nn.LayerNorm(c.width), nn.ReLU())
        self.blocks = nn.ModuleList([nn.Sequential(nn.Linear(c.width, c.width), nn.LayerNorm(c.width), nn.ReLU()) for _ in range(c.blocks)])
        self.head = nn.Sequential(nn.Linear(c.width, c.width), nn.ReLU(), nn.Dropout(0.1), nn.Linear(c.width, SHAPES))

    def forward(self, points):  # [batch, points, 3]
        h = self.first(points - points.mean(dim=1, keepdim=True))
        for block in self.blocks:
            h = h + block(h)
        return self.head(h.max(dim=1).values)


class Shapes(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=SHAPES)

    def setup(self):
        self.train_loader = DataLoader(Clouds(640, 1, jitter=0.03), batch_size=self.batch_size, shuffle=True, num_workers=2)
        self.val_loader = DataLoader(Clouds(160, 2), batch_size=self.evaluate_batch_size)
        self.model = PointNet(self.config)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=self.config.lr)
