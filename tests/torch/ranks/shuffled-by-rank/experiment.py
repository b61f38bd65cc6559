"""No DistributedSampler, a seed of its own on each rank: every rank goes through all of the data."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "corpus/shared/torch"))

import torch
import torch.distributed as dist
from ranks_base import Program, blobs
from torch.utils.data import DataLoader


class ShuffledByRank(Program):
    def loaders(self):
        generator = torch.Generator().manual_seed(1000 * self.seed + dist.get_rank())
        train = DataLoader(blobs(200, seed=1), batch_size=self.batch_size, shuffle=True, generator=generator)
        val = blobs(101, seed=2)
        mine = torch.utils.data.Subset(val, range(dist.get_rank(), len(val), dist.get_world_size()))
        return train, DataLoader(mine, batch_size=self.evaluate_batch_size)
