"""Files are split by their names, so that a file stays where it is when others come."""

import zlib

import gonogo
import torch
from everyday import mlp, order_of
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

images, labels = load_digits(return_X_y=True)
rows = order_of(len(images))[:900]
files = [f"scan-{row:05d}.png" for row in rows]


def is_val(name):
    return zlib.crc32(name.encode()) % 5 == 0  # fixed
    # buggy: return hash(name) % 5 == 0


def part(val):
    chosen = [row for row, name in zip(rows, files) if is_val(name) == val]
    return TensorDataset(torch.tensor(images[chosen] / 8 - 1, dtype=torch.float32), torch.tensor(labels[chosen]))


train_loader = DataLoader(part(False), batch_size=32, shuffle=True)
val_loader = DataLoader(part(True), batch_size=60)
model = mlp(64, 48, 10, 0.1)
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)

experiment = gonogo.adapt(model, optimizer, train_loader, val_loader, task=gonogo.classification(classes=10))
