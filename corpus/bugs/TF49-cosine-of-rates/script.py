"""A rate by the step: up in a straight line, down by a cosine."""

import math

import gonogo
import torch
from everyday import digits, mlp
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

LR, WARM_UP, EPOCHS = 2e-3, 10, 3
train, val = (TensorDataset(*one) for one in digits(flat=True))
train_loader = DataLoader(train, batch_size=32, shuffle=True)
val_loader = DataLoader(val, batch_size=46)
total = EPOCHS * len(train_loader)
model = mlp(64, 48, 10, 0.1)
optimizer = torch.optim.AdamW(model.parameters(), lr=LR)


def get_lr(step):
    top = 1.0  # fixed
    # buggy: top = LR
    if step < WARM_UP:
        return top * (step + 1) / WARM_UP
    done = min(1.0, (step - WARM_UP) / (total - WARM_UP))
    return top * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * done)))


schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, get_lr)


def train_step(batch):
    model.train()
    optimizer.zero_grad()
    loss = cross_entropy(model(batch[0]), batch[1])
    loss.backward()
    optimizer.step()
    schedule.step()
    return loss


experiment = gonogo.adapt(model, optimizer, train_loader, val_loader, schedule=schedule, train_step=train_step, task=gonogo.classification(classes=10))
