"""A data-parallel program."""

import torch.distributed as dist  # noqa: F401
from ranks_base import Program


class Reduced(Program):
    def reduced(self, sums):
        dist.all_reduce(sums)  # fixed
        loss, right, count = sums.tolist()
        return {"val_loss": loss / count, "val_accuracy": right / count}
