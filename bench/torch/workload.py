"""The model, data and order that every loop of the comparison uses, sized by `width`.
Not here: a loop."""

import json
import os

import torch
from torch import nn

FEATURES, CLASSES, SAMPLES, BATCH = 64, 10, 8192, 64
WIDTH = int(os.environ.get("BENCH_WIDTH", "256"))


def data():
    generator = torch.Generator().manual_seed(5)
    return torch.randn(SAMPLES, FEATURES, generator=generator), torch.randint(CLASSES, (SAMPLES,), generator=generator)


def model(width=WIDTH):
    return nn.Sequential(nn.Linear(FEATURES, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, CLASSES))


def optimizer(of):
    return torch.optim.SGD(of.parameters(), lr=0.01, momentum=0.9)


class Rows(torch.utils.data.Dataset):
    """Fetched a batch at a time, so that no loop pays for a loader that decodes one by one."""

    def __init__(self):
        self.x, self.y = data()

    def __len__(self):
        return SAMPLES

    def __getitem__(self, index):
        return self.x[index], self.y[index]

    def __getitems__(self, indices):
        chosen = torch.as_tensor(indices)
        return self.x[chosen], self.y[chosen]


def as_it_is(batch):
    return batch


def loader(shuffle=True):
    return torch.utils.data.DataLoader(Rows(), batch_size=BATCH, shuffle=shuffle, collate_fn=as_it_is)


def order(seed, epoch):
    from gonogo import seeds

    return seeds.permutation(seed, epoch, SAMPLES)


def told(**found):
    print(json.dumps(found), flush=True)
