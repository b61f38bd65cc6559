"""A sampler of its own that divides the order among ranks."""

import torch
import torch.distributed as dist
from ranks_base import Program, blobs
from torch.utils.data import DataLoader, Sampler


class Divided(Sampler):
    def __init__(self, count, seed):
        self.count, self.seed, self.epoch = count, seed, 0

    def set_epoch(self, epoch):  # fixed
        self.epoch = epoch  # fixed

    def __len__(self):
        return self.count // dist.get_world_size()

    def __iter__(self):
        generator = torch.Generator().manual_seed(1000 * self.seed + self.epoch)
        order = torch.randperm(self.count, generator=generator).tolist()
        return iter(order[dist.get_rank() :: dist.get_world_size()][: len(self)])


class Sampled(Program):
    def loaders(self):
        _, val = super().loaders()
        train = blobs(200, seed=1)
        return DataLoader(train, batch_size=self.batch_size, sampler=Divided(len(train), self.seed)), val
