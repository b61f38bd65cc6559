"""Madry-like adversarial training on digits."""

import gonogo
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

epsilon, alpha, num_steps = 0.1, 0.03, 5
X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X.reshape(-1, 1, 8, 8) / 16, y, test_size=0.2, random_state=0, stratify=y)
train_loader = DataLoader(TensorDataset(torch.FloatTensor(X_train), torch.LongTensor(y_train)), batch_size=64, shuffle=True)
test_loader = DataLoader(TensorDataset(torch.FloatTensor(X_test), torch.LongTensor(y_test)), batch_size=64)

model = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.Conv2d(16, 32, 3, 2, 1), nn.BatchNorm2d(32), nn.ReLU(),
    nn.Flatten(), nn.Linear(512, 64), nn.ReLU(), nn.Linear(64, 10),
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=2e-4)
scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [3], 0.1)


def pgd(model, x, y):
    was_training = model.training
    model.eval()
    x_adv = x.detach() + 0.001 * torch.randn(x.shape)
    for _ in range(num_steps):
        x_adv.requires_grad_()
        with torch.enable_grad():
            loss = F.cross_entropy(model(x_adv), y)
        grad = torch.autograd.grad(loss, [x_adv])[0]
        x_adv = x_adv.detach() + alpha * torch.sign(grad.detach())
        x_adv = torch.min(torch.max(x_adv, x - epsilon), x + epsilon)
        x_adv = torch.clamp(x_adv, 0.0, 1.0)
    model.train(was_training)
    return x_adv.detach()


def train(loader):
    model.train()
    for data, target in loader:
        data_adv = pgd(model, data, target)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(data_adv), target)
        loss.backward()
        optimizer.step()


def evaluate(loader):
    model.eval()
    loss = correct = robust = total = 0
    for data, target in loader:
        data_adv = pgd(model, data, target)
        with torch.no_grad():
            output = model(data)
            loss += F.cross_entropy(output, target, reduction="sum").item()
            correct += (output.argmax(1) == target).sum().item()
            robust += (model(data_adv).argmax(1) == target).sum().item()
        total += len(target)
    return {"val_loss": loss / total, "val_accuracy": correct / total, "val_robust": robust / total}


experiment = gonogo.adapt(
    model, optimizer, train_loader, test_loader, task=gonogo.classification(classes=10), directions={"robust": "max"},
    schedule=scheduler, schedule_every="epoch", train_epoch=train, evaluate=evaluate,
)
