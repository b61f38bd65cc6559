"""random_split of one augmented set: both parts share its transform."""

import gonogo
import gonogo.lightning
import torch
from digits import DigitsData, LitDigits
from torch.utils.data import DataLoader, Dataset


class Augmented(Dataset):
    def __init__(self, inner, augment):
        self.inner, self.augment = inner, augment

    def __len__(self):
        return len(self.inner)

    def __getitem__(self, index):
        x, y = self.inner[index]
        return x + 0.1 * torch.randn(x.shape) if self.augment else x, y


class Data(DigitsData):
    def setup(self, stage):
        super().setup(stage)
        self.train_set = Augmented(self.train_set, True)
        self.val_set = Augmented(self.val_set, False)  # fixed
        # buggy: self.val_set = Augmented(self.val_set, True)

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=self.hparams.batch_size, shuffle=True)


experiment = gonogo.lightning.adapt(LitDigits, Data, task=gonogo.classification(classes=10))
