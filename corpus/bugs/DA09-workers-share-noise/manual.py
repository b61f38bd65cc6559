"""Augmentation in two loader workers."""

import numpy as np
import torch
from classifier import Classifier, patterns
from torch.utils.data import DataLoader, Dataset, get_worker_info  # noqa: F401


class Augmented(Dataset):
    def __init__(self, data, seed):
        self.data, self.seed = data, seed
        self.rng = None  # fixed
        # buggy: self.rng = np.random.RandomState(seed)

    def __len__(self):
        return len(self.data)

    def __getitem__(self, index):
        if self.rng is None:  # fixed
            worker = get_worker_info()  # fixed
            self.rng = np.random.RandomState((self.seed if worker is None else worker.seed) % 2**32)  # fixed
        image, label = self.data[index]
        noise = self.rng.normal(0, 0.2, image.shape)
        return image + torch.from_numpy(noise).float(), label


class WithWorkers(Classifier):
    def loaders(self):
        train, val = patterns(640, seed=1), patterns(203, seed=2)
        train = Augmented(train, self.seed)
        return DataLoader(train, batch_size=self.batch_size, shuffle=True, num_workers=2), DataLoader(val, batch_size=self.evaluate_batch_size)
