"""The healthy classifier with two loader workers that augment, and an order that depends on the epoch alone, as with a
DistributedSampler. Not a bug itself."""

import random

import numpy as np
import torch
from classifier import Classifier, patterns
from torch.utils.data import DataLoader, Dataset, Sampler


class Augmented(Dataset):
    """Shifts and disturbs each image."""

    def __init__(self, dataset):
        self.dataset = dataset

    def __len__(self):
        return len(self.dataset)

    def __getitem__(self, index):
        image, label = self.dataset[index]
        image = image.roll(random.choice((-1, 0, 1)), -1)
        return image + np.float32(0.1 * np.random.randn()) + 0.1 * torch.randn(image.shape), label


class EpochOrder(Sampler):
    def __init__(self, count, seed):
        self.count, self.seed, self.epoch = count, seed, 0

    def set_epoch(self, epoch):
        self.epoch = epoch

    def __len__(self):
        return self.count

    def __iter__(self):
        generator = torch.Generator().manual_seed(1000 * self.seed + self.epoch)
        return iter(torch.randperm(self.count, generator=generator).tolist())


class WithWorkers(Classifier):
    def loaders(self):
        train, val = Augmented(patterns(640, seed=1)), patterns(203, seed=2)
        order = EpochOrder(len(train), self.seed)
        return DataLoader(train, batch_size=self.batch_size, sampler=order, num_workers=2), DataLoader(val, batch_size=self.evaluate_batch_size)
