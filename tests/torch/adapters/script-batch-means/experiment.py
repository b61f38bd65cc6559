"""The script averages the means of its batches, a last short one included."""

import sys
from pathlib import Path

import gonogo
import torch
from torch.nn.functional import cross_entropy

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "corpus/shared/torch"))
from project import CLASSES, Net, loaders

model = Net()
train_loader, val_loader = loaders()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)


def train_step(batch):
    x, y = batch
    optimizer.zero_grad()
    loss = cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss


@torch.no_grad()
def evaluate(loader):
    model.eval()
    losses, accuracies = [], []
    for x, y in loader:
        logits = model(x)
        losses.append(cross_entropy(logits, y).item())
        accuracies.append((logits.argmax(1) == y).float().mean().item())
    model.train()
    return {"val_loss": sum(losses) / len(losses), "val_accuracy": sum(accuracies) / len(accuracies)}


experiment = gonogo.adapt(model, optimizer, train_loader, val_loader, task=gonogo.classification(classes=CLASSES), train_step=train_step, evaluate=evaluate)
