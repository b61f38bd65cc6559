"""Spots of three colours, pairs of them mixed as a batch is put together; the step climbs before it goes down."""

from types import SimpleNamespace

import gonogo
import torch
from torch import nn
from torch.nn.functional import cross_entropy, one_hot
from torch.utils.data import DataLoader, TensorDataset

CLASSES, RATE = 3, 0.1


def spots(count, seed):
    generator = torch.Generator().manual_seed(seed)
    label = torch.randint(CLASSES, (count,), generator=generator)
    return TensorDataset(torch.randn(count, 12, generator=generator) + 2 * one_hot(label, 12), label)


def mixed(samples):
    given, label = torch.utils.data.default_collate(samples)
    share = float(torch.rand(1)) * 0.4
    shares = one_hot(label, CLASSES).float()
    return SimpleNamespace(given=(1 - share) * given + share * given.roll(1, 0), target=(1 - share) * shares + share * shares.roll(1, 0))


class Climbing(torch.optim.Optimizer):
    def __init__(self, parameters, kind, reach, **settings):
        super().__init__(parameters, {"reach": reach, **settings})
        self.inner = kind(self.param_groups, **settings)
        self.param_groups = self.inner.param_groups

    @torch.no_grad()
    def climb(self):
        norm = torch.stack([one.grad.norm() for group in self.param_groups for one in group["params"]]).norm() + 1e-12
        for group in self.param_groups:
            for one in group["params"]:
                self.state[one]["before"] = one.data.clone()
                one.add_(one.grad, alpha=float(group["reach"] / norm))
        self.zero_grad()

    @torch.no_grad()
    def descend(self):
        for group in self.param_groups:
            for one in group["params"]:
                one.data = self.state[one]["before"]
        self.inner.step()
        self.zero_grad()


model = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, CLASSES))
optimizer = Climbing(model.parameters(), torch.optim.SGD, 0.05, lr=RATE, momentum=0.9)
epoch = 0


def train_epoch(loader):
    global epoch
    epoch += 1
    for group in optimizer.param_groups:
        group["lr"] = RATE * 0.5 ** ((epoch - 1) // 3)
    model.train()
    for batch in loader:
        cross_entropy(model(batch.given), batch.target).backward()
        optimizer.climb()
        cross_entropy(model(batch.given), batch.target).backward()
        optimizer.descend()


@torch.no_grad()
def evaluate(loader):
    model.eval()
    right = total = 0.0
    for given, label in loader:
        logits = model(given)
        total += cross_entropy(logits, label).item()
        right += (logits.argmax(1) == label).float().mean().item()
    return {"val_loss": total / len(loader), "val_accuracy": right / len(loader)}


train_loader = DataLoader(spots(640, 1), batch_size=32, shuffle=True, collate_fn=mixed)
# ten batches of one size: their plain mean is the mean over samples
val_loader = DataLoader(spots(200, 2), batch_size=20)
experiment = gonogo.adapt(
    model, optimizer, train_loader, val_loader, train_epoch=train_epoch, evaluate=evaluate, task=gonogo.classification(classes=CLASSES)
)
