"""Programs with state of their own beside what trains: a replay buffer, an environment, an optimizer around another, samples drawn by a loop.
Not planted bugs: all are sound."""

import os
import random
from collections import deque, namedtuple
from types import SimpleNamespace

import gonogo
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

KIND = os.environ.get("TEST_KIND", "replay")
KINDS = ("".join(["line", "ar"]),)
Seen = namedtuple("Seen", ["state", "wanted"])


class Ring:
    """Transitions in arrays, and the latest in a queue."""

    def __init__(self):
        self.states, self.wanted, self.at = np.zeros((32, 4), np.float32), np.zeros((32, 1), np.float32), 0
        self.latest = deque([Seen(np.zeros(4, np.float32), np.zeros(1, np.float32))], maxlen=5)

    def add(self, state, wanted):
        self.states[self.at % 32], self.wanted[self.at % 32] = state, wanted
        self.latest.append(Seen(state, wanted))
        self.at += 1


class Pond:
    """It goes on from where it was; `inner` is an object within an object."""

    def __init__(self):
        self.inner = SimpleNamespace(place=0.0)
        self.velocity, self.last = 0.25, None

    def step(self):
        self.velocity = 0.9 * self.velocity + 0.1
        self.inner.place += self.velocity
        self.last = np.sin(self.inner.place + np.arange(4)).astype(np.float32)
        return self.last


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.net, self.seen, self.layers = nn.Linear(4, 1), 0, [(KINDS[0], [4, 1])]

    def forward(self, x):
        self.seen += 1
        assert self.layers[0][0] is KINDS[0]  # a name that is compared as some programs do
        return self.net(x) * (1 + 0.01 * self.seen)


class Steps:
    def __len__(self):
        return 8

    def __iter__(self):
        return iter(range(8))


class Replay(gonogo.Experiment):
    task = gonogo.custom()

    def setup(self):
        self.train_loader, self.val_loader = Steps(), range(2)
        self.model, self.ring, self.pond = Model(), Ring(), Pond()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-2)
        self.mean = None

    def train_step(self, _):
        state = self.pond.step()
        self.ring.add(state, state.sum(keepdims=True))
        chosen = np.random.randint(0, min(self.ring.at, 32), 8)
        latest = np.stack([one.state for one in self.ring.latest])
        states, wanted = torch.from_numpy(self.ring.states[chosen]), torch.from_numpy(self.ring.wanted[chosen])
        loss = (self.model(states) - wanted).square().mean() + self.model(torch.from_numpy(latest)).square().mean()
        self.mean = loss.item() if self.mean is None else 0.9 * self.mean + 0.1 * loss.item()
        self.optimizer.zero_grad()
        (loss * (1 + self.mean)).backward()
        self.optimizer.step()  # and nothing is returned

    @torch.no_grad()
    def evaluate(self, loader):
        return {"val_loss": sum(self.model.net(torch.ones(1, 4)).square().item() for _ in loader) / 2}


class Sharp(torch.optim.Optimizer):
    """Sharpness-aware: it climbs, and the optimizer within goes down from where it was."""

    def __init__(self, params, inner, **named):
        super().__init__(params, dict(named))
        self.inner = inner(self.param_groups, **named)
        self.param_groups = self.inner.param_groups

    @torch.no_grad()
    def climb(self):
        for group in self.param_groups:
            for one in group["params"]:
                self.state[one]["before"] = one.data.clone()
                one.add_(0.05 * one.grad)
        self.zero_grad()

    @torch.no_grad()
    def go_down(self):
        for group in self.param_groups:
            for one in group["params"]:
                one.data = self.state[one]["before"]
        self.inner.step()
        self.zero_grad()


class Pairs(Dataset):
    """Holds nothing before the loop of an epoch has drawn."""

    def draw(self):
        self.drawn = [random.random() for _ in range(24)]

    def __len__(self):
        return 24

    def __getitem__(self, index):
        given = torch.tensor([index / 24, self.drawn[index]])
        return given, given.sum(0, keepdim=True)


def together(samples):
    given, wanted = zip(*samples)
    return SimpleNamespace(given=torch.stack(given), wanted=torch.stack(wanted))


def drawing():
    pairs = Pairs()
    model = nn.Linear(2, 1)
    optimizer = Sharp(model.parameters(), torch.optim.SGD, lr=0.05, momentum=0.9)

    def loss_of(batch):
        return (model(batch.given) - batch.wanted).square().mean()

    def train_epoch(loader):
        pairs.draw()
        for batch in loader:
            loss_of(batch).backward()
            optimizer.climb()
            loss_of(batch).backward()
            optimizer.go_down()

    @torch.no_grad()
    def evaluate(loader):
        return {"val_loss": sum(loss_of(batch).item() for batch in loader)}

    held = Pairs()
    held.drawn = [0.5] * 24
    return gonogo.adapt(
        model, optimizer, DataLoader(pairs, batch_size=8, shuffle=True, collate_fn=together), DataLoader(held, batch_size=8, collate_fn=together),
        train_epoch=train_epoch, evaluate=evaluate, task=gonogo.custom(),
    )


experiment = Replay if KIND == "replay" else drawing()
