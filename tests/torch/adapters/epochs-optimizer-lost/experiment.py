"""A whole loop of an epoch, and a checkpoint that holds the weights alone."""

import sys
from pathlib import Path

import gonogo
import torch
from torch.nn.functional import cross_entropy

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "corpus/shared/torch"))
from project import CLASSES, Net, loaders


def train_one_epoch(model, loader, optimizer):
    model.train()
    running = 0.0
    for index, (x, y) in enumerate(loader):
        optimizer.zero_grad()
        loss = cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        running += loss.item()
        if index % 10 == 0:
            print(f"[{index}/{len(loader)}] {running / (index + 1):.3f} of {len(loader.dataset)}")


@torch.no_grad()
def test(model, loader):
    model.eval()
    total = right = 0
    for x, y in loader:
        logits = model(x)
        total += cross_entropy(logits, y, reduction="sum").item()
        right += (logits.argmax(1) == y).sum().item()
    return {"val_loss": total / len(loader.dataset), "val_accuracy": right / len(loader.dataset)}


model = Net()
train_loader, val_loader = loaders()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)


def save(path):
    torch.save(model.state_dict(), path)


def load(path):
    model.load_state_dict(torch.load(path, weights_only=True))


experiment = gonogo.adapt(
    model,
    optimizer,
    train_loader,
    val_loader,
    task=gonogo.classification(classes=CLASSES),
    train_epoch=lambda loader: train_one_epoch(model, loader, optimizer),
    evaluate=lambda loader: test(model, loader),
    save=save,
    load=load,
)
