"""A script with functions for its checkpoint."""

import gonogo
import torch
from project import CLASSES, Net, loaders, validate
from torch.nn.functional import cross_entropy

model = Net()
train_loader, val_loader = loaders()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)


def train_step(batch):
    x, y = batch
    optimizer.zero_grad()
    loss = cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss


def save_checkpoint(path):
    torch.save({"state_dict": model.state_dict(), "optimizer": optimizer.state_dict()}, path)  # fixed
    # buggy: torch.save({"state_dict": model.state_dict()}, path)


def load_checkpoint(path):
    checkpoint = torch.load(path)
    model.load_state_dict(checkpoint["state_dict"])
    if "optimizer" in checkpoint:
        optimizer.load_state_dict(checkpoint["optimizer"])


experiment = gonogo.adapt(
    model,
    optimizer,
    train_loader,
    val_loader,
    task=gonogo.classification(classes=CLASSES),
    train_step=train_step,
    evaluate=lambda loader: validate(model, loader),
    save=save_checkpoint,
    load=load_checkpoint,
)
