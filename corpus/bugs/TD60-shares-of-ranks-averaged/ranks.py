"""A data-parallel program."""

import torch
import torch.distributed as dist
from ranks_base import Program


class Ranks(Program):
    def reduced(self, sums):
        # buggy: sums = torch.stack([sums[0] / sums[2], sums[1] / sums[2], torch.ones((), dtype=torch.float64)])
        dist.all_reduce(sums)
        loss, right, count = sums.tolist()
        return {"val_loss": loss / count, "val_accuracy": right / count}
