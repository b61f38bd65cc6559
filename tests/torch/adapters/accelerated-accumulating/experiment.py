"""The same with no step and no evaluation of its own: three batches an update, clipped, a seedable sampler."""

import sys
from pathlib import Path

import gonogo
import torch
from accelerate import Accelerator
from accelerate.utils import DataLoaderConfiguration

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "corpus/shared/torch"))
from project import CLASSES, Net, loaders

accelerator = Accelerator(cpu=True, gradient_accumulation_steps=3, dataloader_config=DataLoaderConfiguration(use_seedable_sampler=True))
model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
model, optimizer, train_loader, val_loader = accelerator.prepare(model, optimizer, *loaders())

experiment = gonogo.adapt(
    model, optimizer, train_loader, val_loader, task=gonogo.classification(classes=CLASSES, smoothing=0.1), accelerator=accelerator
)
