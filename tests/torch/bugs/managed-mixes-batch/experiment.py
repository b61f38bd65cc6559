"""Features are centred over the batch, in evaluation as well."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from classifier import Net
from managed import Managed


class Centred(Net):
    def features(self, x):
        found = super().features(x)
        return found - found.mean(0)


class Mixing(Managed):
    def model(self):
        return Centred(self.config.width, self.config.dropout)
