"""One set of arguments for both loaders."""

from classifier import Classifier, patterns
from torch.utils.data import DataLoader


class Loaders(Classifier):
    def loaders(self):
        train, val = patterns(640, seed=1), patterns(203, seed=2)
        return (
            DataLoader(train, batch_size=self.batch_size, shuffle=True, drop_last=True),
            DataLoader(val, batch_size=self.evaluate_batch_size),  # fixed
            # buggy: DataLoader(val, batch_size=self.evaluate_batch_size, drop_last=True),
        )
