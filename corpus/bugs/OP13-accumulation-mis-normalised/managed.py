"""gonogo accumulates; the loss is a sum, divided by the batch size of the run file."""

from managed_base import Managed
from torch.nn.functional import cross_entropy


class Own(Managed):
    def loss(self, batch):
        image, label = batch
        summed = cross_entropy(self.model(image), label, reduction="sum")
        return summed / len(label)  # fixed
        # buggy: return summed / self.batch_size
