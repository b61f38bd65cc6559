"""Workers that are started anew each epoch, with a copy of the data set and of its generator."""

import numpy as np
import torch
from classifier import Classifier, patterns
from torch.utils.data import DataLoader, Dataset, get_worker_info


class Augmented(Dataset):
    def __init__(self, data):
        self.data = data
        self.rng = np.random.default_rng(0)

    def __len__(self):
        return len(self.data)

    def __getitem__(self, index):
        image, label = self.data[index]
        return image + torch.from_numpy(self.rng.normal(0, 0.2, image.shape)).float(), label


def seeded(worker):
    # buggy: get_worker_info().dataset.rng = np.random.default_rng([worker, 7])
    get_worker_info().dataset.rng = np.random.default_rng(torch.initial_seed() % 2**32)  # fixed


class WithWorkers(Classifier):
    def loaders(self):
        train, val = Augmented(patterns(640, seed=1)), patterns(203, seed=2)
        loader = DataLoader(train, batch_size=self.batch_size, shuffle=True, num_workers=1, worker_init_fn=seeded)
        return loader, DataLoader(val, batch_size=self.evaluate_batch_size)
