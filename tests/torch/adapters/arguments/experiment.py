"""A script with an argument parser: `config:` of the run file is its command line."""

import argparse
import sys
from pathlib import Path

import gonogo
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "corpus/shared/torch"))
from project import CLASSES, Net, loaders

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=5e-3)
parser.add_argument("--batch-size", type=int, default=32)
parser.add_argument("--nesterov", action="store_true")
args = parser.parse_args(gonogo.arguments())

model = Net()
train_loader, val_loader = loaders(args.batch_size)
optimizer = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=0.9, nesterov=args.nesterov)

experiment = gonogo.adapt(model, optimizer, train_loader, val_loader, task=gonogo.classification(classes=CLASSES))
