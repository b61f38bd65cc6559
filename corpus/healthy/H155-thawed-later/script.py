"""Fine-tuning: backbone frozen for the first two epochs, an optimizer for each part."""

import gonogo
import torch
import torch.nn.functional as F
from small_data import clouds, loaders
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU())
        self.head = nn.Linear(32, 6)

    def forward(self, x):
        return self.head(self.backbone(x))


model = Net()
train_loader, val_loader = loaders(clouds)
opt_head = torch.optim.Adam(model.head.parameters(), lr=1e-3)
opt_back = torch.optim.Adam(model.backbone.parameters(), lr=1e-4)
model.backbone.requires_grad_(False)
epoch = 0


def step(batch):
    x, y = batch
    model.train()
    model.backbone.requires_grad_(epoch >= 2)
    loss = F.cross_entropy(model(x), y)
    opt_head.zero_grad()
    opt_back.zero_grad()
    loss.backward()
    opt_head.step()
    if epoch >= 2:
        opt_back.step()
    return loss


def on_epoch_end():
    global epoch
    epoch += 1


experiment = gonogo.adapt(model, opt_head, train_loader, val_loader, task=gonogo.classification(classes=6), train_step=step, on_epoch_end=on_epoch_end, opt_back=opt_back)
