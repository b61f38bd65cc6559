"""Accumulation with Accelerate."""

import gonogo
import torch
from accelerate import Accelerator
from everyday import digits, mlp
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

MICRO = 4
accelerator = Accelerator(cpu=True, gradient_accumulation_steps=MICRO)
train, val = digits(flat=True)
model = mlp(64, 64, 10)
optimizer = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9)
train_loader = DataLoader(TensorDataset(*train), batch_size=16, shuffle=True, drop_last=True)
val_loader = DataLoader(TensorDataset(*val), batch_size=46)
model, optimizer, train_loader, val_loader = accelerator.prepare(model, optimizer, train_loader, val_loader)


def train_step(batch):
    model.train()
    x, y = batch
    with accelerator.accumulate(model):
        loss = cross_entropy(model(x), y)
        accelerator.backward(loss)  # fixed
        # buggy: accelerator.backward(loss / MICRO)
        optimizer.step()
        optimizer.zero_grad()
    return loss


experiment = gonogo.adapt(
    model, optimizer, train_loader, val_loader, accelerator=accelerator, train_step=train_step, task=gonogo.classification(classes=10)
)
