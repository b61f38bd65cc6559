"""A loop over the loader."""

import gonogo
import torch
from project import CLASSES, Net, loaders, validate
from torch.nn.functional import cross_entropy

model = Net()
train_loader, val_loader = loaders()
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)


def train_epoch(loader):
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        loss = cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()


experiment = gonogo.adapt(
    model,
    optimizer,
    train_loader,
    val_loader,
    task=gonogo.classification(classes=CLASSES),
    train_epoch=train_epoch,
    evaluate=lambda loader: validate(model, loader),
)
