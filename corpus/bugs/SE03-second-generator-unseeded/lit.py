"""A data set with a generator of its own."""

import gonogo
import gonogo.lightning
import numpy as np
from digits import DigitsData, LitDigits
from torch.utils.data import DataLoader, Dataset


class Jittered(Dataset):
    def __init__(self, inner):
        self.inner = inner
        self.rng = np.random.default_rng(17)  # fixed
        # buggy: self.rng = np.random.default_rng()

    def __len__(self):
        return len(self.inner)

    def __getitem__(self, index):
        x, y = self.inner[index]
        return x + 0.05 * float(self.rng.standard_normal()), y


class NoisyData(DigitsData):
    def train_dataloader(self):
        return DataLoader(Jittered(self.train_set), batch_size=self.hparams.batch_size, shuffle=True)


experiment = gonogo.lightning.adapt(LitDigits, NoisyData, task=gonogo.classification(classes=10))
