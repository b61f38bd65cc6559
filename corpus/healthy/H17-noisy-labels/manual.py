"""Strong noise on pictures, wrong labels among them, from the generators that gonogo seeds."""

import torch
from classifier import CLASSES, Classifier, patterns
from torch.utils.data import DataLoader, Dataset, TensorDataset


class Strong(Dataset):
    def __init__(self, data):
        self.data = data

    def __len__(self):
        return len(self.data)

    def __getitem__(self, index):
        image, label = self.data[index]
        image = image.roll((int(torch.randint(-2, 3, ())), int(torch.randint(-2, 3, ()))), (-2, -1))
        return image * (torch.rand(image.shape) > 0.3) + torch.randn(image.shape), label


class Noisy(Classifier):
    def loaders(self):
        image, label = patterns(640, seed=1).tensors
        generator = torch.Generator().manual_seed(4)
        wrong = torch.rand(len(label), generator=generator) < 0.2
        label = torch.where(wrong, torch.randint(CLASSES, (len(label),), generator=generator), label)
        train, val = Strong(TensorDataset(image, label)), patterns(203, seed=2)
        return DataLoader(train, batch_size=self.batch_size, shuffle=True), DataLoader(val, batch_size=self.evaluate_batch_size)
