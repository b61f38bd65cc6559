"""The data set draws its noise from a generator that nobody seeded."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch
from managed import Managed
from torch.utils.data import TensorDataset


class Unseeded(Managed):
    def datasets(self):
        given = super().datasets()
        image, label = given["train"].tensors
        noise = np.random.default_rng().normal(0, 0.3, image.shape)
        return {**given, "train": TensorDataset(image + torch.from_numpy(noise).float(), label)}
