"""A small project that knows nothing of gonogo: network, data, metrics. The scripts beside it train it, each through another adapter.
Not a test itself."""

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

CLASSES = 4


class Net(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(12, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Dropout(0.2))
        self.head = nn.Linear(width, CLASSES)

    def forward(self, x):  # [batch, 12] → logits [batch, 4]
        return self.head(self.body(x))


def points(count, seed):
    """One centre a class, under noise."""
    generator = torch.Generator().manual_seed(3)
    centres = 1.5 * torch.randn(CLASSES, 12, generator=generator)
    generator.manual_seed(seed)
    label = torch.randint(CLASSES, (count,), generator=generator)
    return TensorDataset(centres[label] + torch.randn(count, 12, generator=generator), label)


def loaders(batch_size=32):
    return DataLoader(points(640, 1), batch_size=batch_size, shuffle=True), DataLoader(points(203, 2), batch_size=50)


@torch.no_grad()
def validate(model, loader):
    model.eval()
    total = right = count = 0
    for x, y in loader:
        logits = model(x)
        total += cross_entropy(logits, y, reduction="sum").item()
        right += (logits.argmax(1) == y).sum().item()
        count += len(y)
    model.train()
    return {"val_loss": total / count, "val_accuracy": right / count}
