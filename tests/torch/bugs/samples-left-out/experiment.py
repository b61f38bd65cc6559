"""The validation loader drops its last batch."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from classifier import Classifier, patterns
from torch.utils.data import DataLoader


class DropsTheLast(Classifier):
    def loaders(self):
        train, val = patterns(640, seed=1), patterns(203, seed=2)
        return (
            DataLoader(train, batch_size=self.batch_size, shuffle=True, drop_last=True),
            DataLoader(val, batch_size=self.evaluate_batch_size, drop_last=True),
        )
