"""A data-parallel program."""

import torch.distributed as dist
from ranks_base import Program, blobs
from torch.utils.data import DataLoader, Subset
from torch.utils.data.distributed import DistributedSampler


class Ranks(Program):
    def loaders(self):
        train, val = blobs(200, seed=1), blobs(101, seed=2)
        sampler = DistributedSampler(train, seed=self.seed)  # fixed
        # buggy: sampler = DistributedSampler(train, seed=self.seed + dist.get_rank())
        mine = Subset(val, range(dist.get_rank(), len(val), dist.get_world_size()))
        return DataLoader(train, batch_size=self.batch_size, sampler=sampler), DataLoader(mine, batch_size=self.evaluate_batch_size)
