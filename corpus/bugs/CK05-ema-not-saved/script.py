"""A script that keeps shadow weights in a dict."""

import gonogo
import torch
from project import CLASSES, Net, loaders, validate
from torch.nn.functional import cross_entropy

model = Net()
train_loader, val_loader = loaders()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
shadow = {name: value.detach().clone() for name, value in model.named_parameters()}


def train_step(batch):
    x, y = batch
    optimizer.zero_grad()
    loss = cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    for name, value in model.named_parameters():
        shadow[name].mul_(0.9).add_(value.detach(), alpha=0.1)
    return loss


def save_checkpoint(path):
    checkpoint = {"state_dict": model.state_dict(), "optimizer": optimizer.state_dict()}
    checkpoint["shadow"] = shadow  # fixed
    torch.save(checkpoint, path)


def load_checkpoint(path):
    checkpoint = torch.load(path)
    model.load_state_dict(checkpoint["state_dict"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    for name, value in checkpoint["shadow"].items():  # fixed
        shadow[name].copy_(value)  # fixed


experiment = gonogo.adapt(
    model,
    optimizer,
    train_loader,
    val_loader,
    task=gonogo.classification(classes=CLASSES),
    train_step=train_step,
    evaluate=lambda loader: validate(model, loader),
    save=save_checkpoint,
    load=load_checkpoint,
)
