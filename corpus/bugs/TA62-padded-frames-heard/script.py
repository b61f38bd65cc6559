"""Lengths."""

import torch
from speech import Recogniser, listener


def lengths(batch):
    # buggy: return torch.full_like(batch["frame_lengths"], batch["frames"].shape[1])
    return batch["frame_lengths"]  # fixed


experiment = listener(Recogniser(), lengths)
