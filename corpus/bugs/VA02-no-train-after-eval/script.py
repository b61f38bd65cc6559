"""A script whose validation is a function."""

import gonogo
import torch
from project import CLASSES, Net, loaders
from torch.nn.functional import cross_entropy

model = Net()
train_loader, val_loader = loaders()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
model.train()


def train_step(batch):
    x, y = batch
    optimizer.zero_grad()
    loss = cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss


def validate(loader):
    model.eval()
    total = right = count = 0
    with torch.no_grad():
        for x, y in loader:
            logits = model(x)
            total += cross_entropy(logits, y, reduction="sum").item()
            right += (logits.argmax(1) == y).sum().item()
            count += len(y)
    model.train()  # fixed
    return {"val_loss": total / count, "val_accuracy": right / count}


experiment = gonogo.adapt(
    model, optimizer, train_loader, val_loader, task=gonogo.classification(classes=CLASSES), train_step=train_step, evaluate=validate
)
