"""float64 throughout."""

import torch
from classifier import Classifier, patterns
from torch.utils.data import DataLoader, TensorDataset


class Double(Classifier):
    def loaders(self):
        def read(count, seed):
            image, label = patterns(count, seed).tensors
            return TensorDataset(image.double(), label)

        return DataLoader(read(640, 1), batch_size=self.batch_size, shuffle=True), DataLoader(read(203, 2), batch_size=self.evaluate_batch_size)

    def build(self):
        return super().build().to(torch.float64)
