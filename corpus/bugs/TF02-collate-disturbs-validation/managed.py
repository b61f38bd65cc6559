"""Augmentation by the batch, in the collate function."""

import gonogo
import torch
from everyday import Config, digits
from torch import nn
from torch.utils.data import Dataset, default_collate


class Digits(Dataset):
    def __init__(self, images, labels, train):
        self.images, self.labels, self.train = images, labels, train

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return self.images[index], self.labels[index], self.train


class Recognise(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=10)

    def datasets(self):
        train, val = digits()
        return {"train": Digits(*train, True), "val": Digits(*val, False)}

    def collate(self, samples):
        images, labels, train = default_collate(samples)
        if train.all():  # fixed
        # buggy: if True:
            shift = int(torch.randint(-1, 2, ()))
            images = images.roll(shift, dims=-1) + 0.3 * torch.randn_like(images)
        return images, labels

    def model(self):
        width = self.config.width
        return nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(width, width, 3, padding=1), nn.ReLU(),
            nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(4 * width, 10),
        )

    def optimizers(self, model):
        return torch.optim.AdamW(model.parameters(), lr=self.config.lr)
