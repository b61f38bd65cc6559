"""A normalisation by hand."""

from classifier import Net
from managed_base import Managed


class Normalised(Net):
    def features(self, x):
        found = super().features(x)
        axis = 1  # fixed
        # buggy: axis = 0
        return (found - found.mean(axis, keepdim=True)) / (found.std(axis, keepdim=True) + 1e-5)


class Own(Managed):
    def model(self):
        return Normalised(self.config.width, self.config.dropout)
