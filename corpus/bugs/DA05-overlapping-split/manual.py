"""Augmented copies are made first, and split then."""

import torch
from classifier import Classifier, patterns
from torch.utils.data import ConcatDataset, DataLoader, Subset, TensorDataset


class Oversampled(Classifier):
    def loaders(self):
        whole = patterns(700, seed=1)
        image, label = whole.tensors
        rare = label == 0
        more = TensorDataset(image[rare], label[rare])
        # buggy: whole = ConcatDataset([whole, more, more])
        order = torch.randperm(len(whole), generator=torch.Generator().manual_seed(5)).tolist()
        train, val = Subset(whole, order[200:]), Subset(whole, order[:200])
        train = ConcatDataset([train, Subset(train, [i for i in range(len(train)) if train[i][1] == 0])])  # fixed
        return DataLoader(train, batch_size=self.batch_size, shuffle=True), DataLoader(val, batch_size=self.evaluate_batch_size)
