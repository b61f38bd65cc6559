"""The loader shuffles as it did on one GPU: with one seed, every rank takes the same samples."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
import torch.distributed as dist
from program import Program, blobs
from torch.utils.data import DataLoader


class NoSampler(Program):
    def loaders(self):
        train = DataLoader(blobs(200, seed=1), batch_size=self.batch_size, shuffle=True, generator=torch.Generator().manual_seed(self.seed))
        val = blobs(101, seed=2)
        mine = torch.utils.data.Subset(val, range(dist.get_rank(), len(val), dist.get_world_size()))
        return train, DataLoader(mine, batch_size=self.evaluate_batch_size)
