"""Labels counted from one."""

from classifier import CLASSES, patterns
from managed_base import Managed
from torch.utils.data import TensorDataset


class FromOne(Managed):
    def datasets(self):
        def read(count, seed):
            image, label = patterns(count, seed).tensors
            written = label + 1
            label = written - 1  # fixed
            # buggy: label = written.clamp(max=CLASSES)
            return TensorDataset(image, label)

        assert CLASSES == 5
        return {"train": read(640, 1), "val": read(203, 2)}
