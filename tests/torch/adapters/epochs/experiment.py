"""A script whose loop of an epoch stays whole; evaluation leaves the model in eval mode, as the loop sets train mode at its start."""

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
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.7)

experiment = gonogo.adapt(
    model,
    optimizer,
    train_loader,
    val_loader,
    task=gonogo.classification(classes=CLASSES),
    train_epoch=lambda loader: train_one_epoch(model, loader, optimizer),
    evaluate=lambda loader: test(model, loader),
    schedule=scheduler,
    schedule_every="epoch",
)
