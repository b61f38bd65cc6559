"""The order is a function of the epoch, and the place in it is saved; the generator behind dropout is not."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from classifier import Classifier, patterns
from torch.utils.data import DataLoader


class EpochSampler(torch.utils.data.Sampler):
    def __init__(self, count, seed):
        self.count, self.seed, self.epoch = count, seed, 0

    def set_epoch(self, epoch):
        self.epoch = epoch

    def __iter__(self):
        generator = torch.Generator().manual_seed(1000 * self.seed + self.epoch)
        return iter(torch.randperm(self.count, generator=generator).tolist())

    def __len__(self):
        return self.count


class OtherDropout(Classifier):
    def loaders(self):
        train, val = patterns(640, seed=1), patterns(203, seed=2)
        sampler = EpochSampler(len(train), self.seed)
        return DataLoader(train, batch_size=self.batch_size, sampler=sampler), DataLoader(val, batch_size=self.evaluate_batch_size)

    def save(self, path):
        progress = self.progress
        torch.save(
            {
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "schedule": self.schedule.state_dict(),
                "at": (progress.step, progress.epoch, progress.batch),
            },
            path,
        )

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.progress.step, self.progress.epoch, self.progress.batch = state["at"]
