"""Features are cached as data, and the head trains on them."""

from classifier import Net
from managed_base import Managed


class Cached(Net):
    def forward(self, x):
        features = self.features(x)
        # buggy: features = features.data
        return self.head(self.dropout(features))


class Body(Managed):
    def model(self):
        return Cached(self.config.width, self.config.dropout)
