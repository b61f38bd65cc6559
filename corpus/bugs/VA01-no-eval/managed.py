"""A loss of its own that looks after the mode."""

from managed_base import Managed
from torch.nn.functional import cross_entropy


class Own(Managed):
    def loss(self, batch):
        image, label = batch
        # buggy: self.model.train()
        return cross_entropy(self.model(image), label)  # fixed
        # buggy: return cross_entropy(self.model(image), label)
