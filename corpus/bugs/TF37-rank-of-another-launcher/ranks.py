"""Who am I? Asked of the environment."""

import os

from ranks_base import Program, blobs
from torch.utils.data import DataLoader, Subset
from torch.utils.data.distributed import DistributedSampler


def whoami():
    rank = int(os.environ["RANK"])  # fixed
    # buggy: rank = int(os.environ.get("SLURM_PROCID", 0))
    return rank, int(os.environ["WORLD_SIZE"])


class Ranks(Program):
    def loaders(self):
        train, val = blobs(200, seed=1), blobs(101, seed=2)
        rank, world = whoami()
        sampler = DistributedSampler(train, num_replicas=world, rank=rank, seed=self.seed)
        mine = Subset(val, range(int(os.environ["RANK"]), len(val), world))
        return DataLoader(train, batch_size=self.batch_size, sampler=sampler), DataLoader(mine, batch_size=self.evaluate_batch_size)

    def train_step(self, batch):
        self.train_loader.sampler.set_epoch(self.progress.epoch)
        return super().train_step(batch)
