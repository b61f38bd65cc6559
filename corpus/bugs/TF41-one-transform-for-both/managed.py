"""Transforms are composed once."""

import gonogo
import torch
from everyday import Config, digits, mlp
from torch.utils.data import Dataset


class Compose:
    def __init__(self, *steps):
        self.steps = steps

    def __call__(self, x):
        for step in self.steps:
            x = step(x)
        return x


def flat(x):
    return x.flatten()


def erase(x):
    x = x.clone()
    row = int(torch.randint(7, ()))
    x[:, row : row + 2] = 0
    return x


class Pictures(Dataset):
    def __init__(self, data, transform):
        (self.images, self.labels), self.transform = data, transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return self.transform(self.images[index]), self.labels[index]


class Recognise(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=10)

    def datasets(self):
        train, val = digits()
        augmented, plain = Compose(erase, flat), Compose(flat)
        return {
            "train": Pictures(train, augmented),
            "val": Pictures(val, plain),  # fixed
            # buggy: "val": Pictures(val, augmented),
        }

    def model(self):
        return mlp(64, self.config.width, 10, self.config.dropout)

    def optimizers(self, model):
        return torch.optim.AdamW(model.parameters(), lr=self.config.lr)
