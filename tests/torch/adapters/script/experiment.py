"""A script with its own step, evaluation and checkpoint, and a moving average that it never hands over: globals are found."""

import sys
from pathlib import Path

import gonogo
import torch
from torch.nn.functional import cross_entropy

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "corpus/shared/torch"))
from project import CLASSES, Net, loaders, validate

model = Net()
train_loader, val_loader = loaders()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.99**step)
ema = {name: value.detach().clone() for name, value in model.named_parameters()}
global_step = 0


def train_step(batch):
    global global_step
    x, y = batch
    optimizer.zero_grad()
    loss = cross_entropy(model(x), y)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    scheduler.step()
    global_step += 1
    for name, value in model.named_parameters():
        ema[name].mul_(0.9).add_(value.detach(), alpha=0.1)
    return loss


def save(path):
    torch.save(
        {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict(), "ema": ema, "step": global_step},
        path,
    )


def load(path):
    global global_step
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    scheduler.load_state_dict(state["scheduler"])
    for name, value in state["ema"].items():
        ema[name].copy_(value)
    global_step = state["step"]


experiment = gonogo.adapt(
    model,
    optimizer,
    train_loader,
    val_loader,
    task=gonogo.classification(classes=CLASSES),
    train_step=train_step,
    evaluate=lambda loader: validate(model, loader),
    save=save,
    load=load,
)
