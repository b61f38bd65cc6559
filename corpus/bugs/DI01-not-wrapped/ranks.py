"""A data-parallel program."""

from ranks_base import Program
from torch.nn.parallel import DistributedDataParallel  # noqa: F401


class Wrapped(Program):
    def wrapped(self, model):
        return DistributedDataParallel(model)  # fixed
        # buggy: return model
