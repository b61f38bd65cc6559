"""Experiments that are hard on the process they run in, one class a way. Not planted bugs: gonogo must hold up."""

import os
import signal
import sys
import time

import gonogo
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, Dataset, get_worker_info

KIND = os.environ.get("TEST_KIND", "workers")
START = os.environ.get("TEST_START", "fork")


class Samples(Dataset):
    def __init__(self, bad=None, prints=True):
        self.bad, self.prints = bad, prints

    def __len__(self):
        return 64

    def __getitem__(self, index):
        if index == self.bad and get_worker_info() is not None:
            raise ValueError(f"sample {index} is torn")
        if self.prints:
            os.write(1, b"decoding\n")
        generator = torch.Generator().manual_seed(index)
        return torch.randn(6, generator=generator), index % 3


class Base(gonogo.Experiment):
    task = gonogo.classification(classes=3)
    bad, prints = None, True

    def setup(self):
        self.model = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.05)
        workers = {"num_workers": 2, "persistent_workers": True, "multiprocessing_context": START}
        self.train_loader = DataLoader(Samples(self.bad, self.prints), 8, shuffle=True, **workers)
        self.val_loader = DataLoader(Samples(None, self.prints), 8, **workers)

    def train_step(self, batch):
        self.optimizer.zero_grad()
        loss = cross_entropy(self.model(batch[0]), batch[1])
        loss.backward()
        self.optimizer.step()
        return loss

    def evaluate(self, loader):
        with torch.no_grad():
            losses = [cross_entropy(self.model(x), y).item() for x, y in loader]
        return {"val_loss": sum(losses) / len(losses)}


class Workers(Base):
    pass


class Torn(Base):
    bad = 3


class Prints(Base):
    """Prints in every way there is, then takes standard output away."""

    prints = False

    def setup(self):
        super().setup()
        print("from Python")
        os.system("echo from a shell")
        os.write(1, b"from C\n")
        os.write(2, b"an error from C\n")
        print('{"id": 1, "ok": "a forgery"}', flush=True)
        os.close(1)
        os.close(0)


class Hangs(Base):
    """A step that never ends, once in Python and once in a system call that no signal interrupts."""

    def train_step(self, batch):
        while True:
            time.sleep(3600)


class Slow(Base):
    """An evaluation of many seconds that draws random numbers."""

    def evaluate(self, loader):
        self.model.eval()
        for x, y in loader:
            torch.rand(1)
            time.sleep(0.5)
        return {"val_loss": 0.0}


class Talkative(Base):
    """A reply that does not fit a message."""

    def evaluate(self, loader):
        return {"x" * (70 * 1024 * 1024): 0.0}


class Handlers(Base):
    """Takes over the signals, as libraries do."""

    def setup(self):
        super().setup()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: print("not now", file=sys.stderr))


experiment = {name.lower(): value for name, value in list(globals().items()) if isinstance(value, type)}[KIND]
