"""A model, an optimizer and two loaders, and nothing else: the step, the evaluation and the checkpoint are managed."""

import sys
from pathlib import Path

import gonogo
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "corpus/shared/torch"))
from project import CLASSES, Net, loaders

model = Net()
train_loader, val_loader = loaders()
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)

experiment = gonogo.adapt(model, optimizer, train_loader, val_loader, task=gonogo.classification(classes=CLASSES))
