"""Each rank scores its part of the validation set."""

import torch.distributed as dist
from ranks_base import Program, blobs
from torch.utils.data import DataLoader, Subset
from torch.utils.data.distributed import DistributedSampler  # noqa: F401


class Sampled(Program):
    def loaders(self):
        train, _ = super().loaders()
        val = blobs(101, seed=2)
        mine = Subset(val, range(dist.get_rank(), len(val), dist.get_world_size()))  # fixed
        return train, DataLoader(mine, batch_size=self.evaluate_batch_size)  # fixed
        # buggy: sampler = DistributedSampler(val, shuffle=False)
        # buggy: return train, DataLoader(val, batch_size=self.evaluate_batch_size, sampler=sampler)
