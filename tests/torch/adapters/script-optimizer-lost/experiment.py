"""The script saves its optimizer and forgets to load it."""

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


def save(path):
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, path)


def load(path):
    model.load_state_dict(torch.load(path, weights_only=True)["model"])


experiment = gonogo.adapt(model, optimizer, train_loader, val_loader, task=gonogo.classification(classes=CLASSES), train_step=train_step, save=save, load=load)
