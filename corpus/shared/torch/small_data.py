"""Small data sets for scripts: points in clouds, a curve, noisy pictures; and two loaders over any of them."""

import torch
from torch.utils.data import DataLoader, TensorDataset


def clouds(count, seed, size=16, classes=6):
    generator = torch.Generator().manual_seed(seed)
    centres = 2 * torch.randn(classes, size, generator=torch.Generator().manual_seed(77))
    labels = torch.randint(0, classes, (count,), generator=generator)
    return centres[labels] + torch.randn(count, size, generator=generator), labels


def curve(count, seed, size=8):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(count, size, generator=generator)
    return x, torch.sin(x[:, 0]) + 0.5 * x[:, 1] * x[:, 2] + 0.1 * torch.randn(count, generator=generator)


def pictures(count, seed, classes=4, side=12):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, classes, (count,), generator=generator)
    patterns = torch.randn(classes, 1, side, side, generator=torch.Generator().manual_seed(5))
    return patterns[labels] + 0.8 * torch.randn(count, 1, side, side, generator=generator), labels


def loaders(make, batch_size=32, train=600, val=200):
    return (
        DataLoader(TensorDataset(*make(train, seed=1)), batch_size=batch_size, shuffle=True),
        DataLoader(TensorDataset(*make(val, seed=2)), batch_size=100),
    )
