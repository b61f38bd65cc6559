"""A regression whose epoch is one function."""

import gonogo
import torch
from everyday import diabetes, mlp
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

train, val = diabetes()
train_loader = DataLoader(TensorDataset(*train), batch_size=32, shuffle=True)
val_loader = DataLoader(TensorDataset(*val), batch_size=51)
model = mlp(10, 32, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
criterion = nn.MSELoss()


def train_epoch(loader):
    model.train()
    running = 0.0
    for x, y in loader:
        optimizer.zero_grad()  # fixed
        loss = criterion(model(x).squeeze(1), y)
        loss.backward()
        # buggy: optimizer.zero_grad()
        optimizer.step()
        running += loss.item()
    print(f"mean loss {running / len(loader):.3f}")


@torch.no_grad()
def evaluate(loader):
    model.eval()
    total = count = 0
    for x, y in loader:
        total += criterion(model(x).squeeze(1), y).item() * len(y)
        count += len(y)
    return {"val_loss": total / count}


experiment = gonogo.adapt(model, optimizer, train_loader, val_loader, train_epoch=train_epoch, evaluate=evaluate, task=gonogo.regression())
