"""Self-distillation as its scripts are written: every schedule is an array, and the loop looks its place up by epoch and batch."""

import copy

import gonogo
import numpy as np
import torch
from project import CLASSES, Net, points
from torch.nn.functional import cross_entropy, kl_div, log_softmax, softmax
from torch.utils.data import DataLoader

EPOCHS = 30
train_loader = DataLoader(points(640, 1), batch_size=32, shuffle=True, drop_last=True)
val_loader = DataLoader(points(203, 2), batch_size=50, shuffle=True)
student = Net()
teacher = copy.deepcopy(student).requires_grad_(False)
decayed = [p for p in student.parameters() if p.ndim > 1]
others = [p for p in student.parameters() if p.ndim < 2]
optimizer = torch.optim.AdamW([{"params": decayed}, {"params": others, "weight_decay": 0.0}], lr=0.0)
per_epoch = len(train_loader)


def cosine(first, last, warmup=0):
    rising = np.linspace(0, first, warmup * per_epoch)
    rest = np.arange(EPOCHS * per_epoch - len(rising))
    return np.concatenate((rising, last + 0.5 * (first - last) * (1 + np.cos(np.pi * rest / len(rest)))))


rates, decays, follow = cosine(4e-3, 1e-5, warmup=2), cosine(0.04, 0.1), cosine(0.99, 1.0)
epoch = 0


def train_epoch(loader):
    global epoch
    student.train()
    for batch, (x, y) in enumerate(loader):
        place = per_epoch * epoch + batch
        for index, group in enumerate(optimizer.param_groups):
            group["lr"] = rates[place]
            if index == 0:
                group["weight_decay"] = decays[place]
        logits = student(x)
        with torch.no_grad():
            guess = softmax(teacher(x) / 0.5, 1)
        loss = cross_entropy(logits, y) + 0.1 * kl_div(log_softmax(logits, 1), guess, reduction="batchmean")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for slow, fast in zip(teacher.parameters(), student.parameters()):
                slow.mul_(follow[place]).add_((1 - follow[place]) * fast)
    epoch += 1


@torch.no_grad()
def evaluate(loader):
    student.eval()
    total, right = 0.0, 0
    for x, y in loader:
        logits = student(x)
        total += cross_entropy(logits, y, reduction="sum").item()
        right += (logits.argmax(1) == y).sum().item()
    return {"val_loss": total / len(loader.dataset), "val_accuracy": right / len(loader.dataset)}


experiment = gonogo.adapt(
    student,
    optimizer,
    train_loader,
    val_loader,
    task=gonogo.classification(classes=CLASSES),
    train_epoch=train_epoch,
    evaluate=evaluate,
    teacher=teacher,
)
