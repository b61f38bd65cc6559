"""Loaders as people write them, one experiment for each: workers, noise in the data set from every kind of generator, odd samplers.
Not tests, and no bugs: each of these must go on exactly after a resume in mid-epoch."""

import os
import random

import gonogo
import numpy as np
import torch
from torch import nn
from torch.utils.data import BatchSampler, DataLoader, Dataset, IterableDataset, RandomSampler, Sampler, WeightedRandomSampler

KIND = os.environ.get("TEST_KIND", "shuffled")
GLOBAL = np.random.default_rng(99)


class Noisy(Dataset):
    """Augments with the three global generators."""

    def __init__(self, count=44):
        generator = torch.Generator().manual_seed(3)
        self.label = torch.arange(count) % 3
        self.image = torch.randn(count, 5, generator=generator) + self.label[:, None]

    def __len__(self):
        return len(self.label)

    def noise(self):
        return random.random() + float(np.random.rand()) + float(torch.rand(()))

    def __getitem__(self, index):
        return self.image[index] + 0.1 * self.noise(), self.label[index]


class Held(Noisy):
    """Augments with generators of its own, one of them in a transform, and with a global of this module."""

    def __init__(self):
        super().__init__()
        self.own = np.random.default_rng(7)
        self.old = np.random.RandomState(8)
        self.torch = torch.Generator().manual_seed(9)
        python = random.Random(10)
        self.transforms = [lambda x: x + python.random()]

    def noise(self):
        drawn = float(self.own.random()) + float(self.old.rand()) + float(torch.rand((), generator=self.torch)) + float(GLOBAL.random())
        return self.transforms[0](drawn)


class Lazy(Noisy):
    """Makes its generator on first use, as the documentation of PyTorch advises."""

    own = None

    def noise(self):
        if self.own is None:
            self.own = np.random.default_rng(torch.initial_seed() % 2**32)
        return float(self.own.random())


class LazySampler(Sampler):
    """Draws each index from the global generator, when it is asked for."""

    def __init__(self, count):
        self.count = count

    def __len__(self):
        return self.count

    def __iter__(self):
        for _ in range(self.count):
            yield int(torch.randint(self.count, ()))


class Groups(Sampler):
    """A batch sampler with a generator of its own and batches of uneven size."""

    def __init__(self, count):
        self.count, self.rng = count, np.random.default_rng(4)

    def __len__(self):
        return self.count // 5

    def __iter__(self):
        order = self.rng.permutation(self.count)
        for at in range(len(self)):
            yield order[5 * at : 5 * at + 3 + int(self.rng.integers(3))]


class Stream(IterableDataset):
    """No indices: each worker takes its share."""

    def __len__(self):
        return 44

    def __iter__(self):
        info = torch.utils.data.get_worker_info()
        first, step = (0, 1) if info is None else (info.id, info.num_workers)
        for at in range(first, 44, step):
            yield torch.randn(5) + at % 3, torch.tensor(at % 3)


class Remembering(Stream):
    """A stream that knows where it stands."""

    def __init__(self):
        self.at = 0

    def __iter__(self):
        while self.at < 44:
            self.at += 1
            yield torch.randn(5) + self.at % 3, torch.tensor(self.at % 3)
        self.at = 0

    def state_dict(self):
        return {"at": self.at}

    def load_state_dict(self, state):
        self.at = state["at"]


def seeded(worker):
    """A worker_init_fn that many copy: it seeds NumPy from PyTorch."""
    np.random.seed((torch.initial_seed() + worker) % 2**32)


class Batches:
    """A loader of the project's own, around PyTorch's."""

    def __init__(self, loader):
        self.loader = loader

    def __len__(self):
        return len(self.loader)

    def __iter__(self):
        yield from self.loader


def loader_of(kind):
    data = Noisy()
    shuffled = {"batch_size": 4, "shuffle": True}
    two = {**shuffled, "num_workers": 2}
    makers = {
        "plain": lambda: DataLoader(data, **shuffled),
        "shuffled": lambda: DataLoader(data, **two),
        "one-worker": lambda: DataLoader(data, **{**two, "num_workers": 1}),
        "three-workers": lambda: DataLoader(data, batch_size=4, shuffle=True, num_workers=3, prefetch_factor=4, drop_last=True),
        "persistent": lambda: DataLoader(data, **two, persistent_workers=True),
        "persistent-held": lambda: DataLoader(Held(), **two, persistent_workers=True),
        "spawn": lambda: DataLoader(data, **two, multiprocessing_context="spawn"),
        "forkserver": lambda: DataLoader(data, **two, multiprocessing_context="forkserver", persistent_workers=True),
        "held": lambda: DataLoader(Held(), **two),
        "held-plain": lambda: DataLoader(Held(), **shuffled),
        "lazy": lambda: DataLoader(Lazy(), **two),
        "lazy-plain": lambda: DataLoader(Lazy(), **shuffled),
        "init-fn": lambda: DataLoader(data, **two, worker_init_fn=seeded),
        "own-generator": lambda: DataLoader(data, **two, generator=torch.Generator().manual_seed(5)),
        "sampler-generator": lambda: DataLoader(data, batch_size=4, num_workers=2, sampler=RandomSampler(data, generator=torch.Generator().manual_seed(6))),
        "lazy-sampler": lambda: DataLoader(data, batch_size=4, num_workers=2, sampler=LazySampler(len(data))),
        "lazy-sampler-plain": lambda: DataLoader(data, batch_size=4, sampler=LazySampler(len(data))),
        "weighted": lambda: DataLoader(data, batch_size=4, num_workers=2, sampler=WeightedRandomSampler([1.0, 2.0] * 22, 40)),
        "groups": lambda: DataLoader(data, batch_sampler=Groups(len(data)), num_workers=2),
        "batches-of-batches": lambda: DataLoader(data, batch_sampler=BatchSampler(RandomSampler(data), 4, True), num_workers=2),
        "unbatched": lambda: DataLoader(data, batch_size=None, sampler=BatchSampler(RandomSampler(data), 4, True), num_workers=2),
        "stream": lambda: DataLoader(Stream(), batch_size=4, num_workers=2),
        "stream-plain": lambda: DataLoader(Stream(), batch_size=4),
        "remembering": lambda: DataLoader(Remembering(), batch_size=4),
        "own-loader": lambda: Batches(DataLoader(data, **two)),
        "stateful": lambda: stateful(data, **two),
        "stateful-plain": lambda: stateful(data, **shuffled),
    }
    return makers[kind]()


def stateful(data, **given):
    from torchdata.stateful_dataloader import StatefulDataLoader

    return StatefulDataLoader(data, **given)


class Kinds(gonogo.Experiment):
    task = gonogo.classification(classes=3)

    def setup(self):
        self.train_loader = loader_of(KIND)
        self.val_loader = DataLoader(torch.utils.data.TensorDataset(*[torch.stack(part) for part in zip(*[Noisy()[at] for at in range(20)])]), batch_size=7)

    def model(self):
        return nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 3))

    def optimizers(self, model):
        return torch.optim.Adam(model.parameters(), lr=0.01)
