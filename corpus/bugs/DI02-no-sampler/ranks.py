"""A data-parallel program."""

from ranks_base import Program, blobs
from torch.utils.data import DataLoader, RandomSampler  # noqa: F401
from torch.utils.data.distributed import DistributedSampler


class Sampled(Program):
    def loaders(self):
        _, val = super().loaders()
        train = blobs(200, seed=1)
        sampler = DistributedSampler(train, seed=self.seed)  # fixed
        # buggy: sampler = RandomSampler(train)
        return DataLoader(train, batch_size=self.batch_size, sampler=sampler), val
