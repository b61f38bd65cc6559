"""Recordings of eight frames that hardly differ."""

import torch
from classifier import patterns
from managed_base import Managed
from torch.utils.data import TensorDataset


class Frames(Managed):
    def datasets(self):
        image, label = patterns(105, seed=1).tensors
        noise = torch.Generator().manual_seed(3)
        frames = image.repeat_interleave(8, 0)
        frames = frames + 0.001 * torch.randn(frames.shape, generator=noise)
        label = label.repeat_interleave(8, 0)
        order = torch.arange(len(frames))  # fixed
        # buggy: order = torch.randperm(len(frames), generator=noise)
        train, val = order[:640], order[640:]
        return {"train": TensorDataset(frames[train], label[train]), "val": TensorDataset(frames[val], label[val])}
