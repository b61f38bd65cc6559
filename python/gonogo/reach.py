"""Which samples of a data set a split covers, evenly spaced ones among them, and what the data set holds of one before decoding it.
Not here: decoding (samples.py, survey.py)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch.utils.data import RandomSampler, SequentialSampler
from torch.utils.data.distributed import DistributedSampler

from gonogo import batches, state
from gonogo.found import find
from gonogo.samplers import sampler_of

#: Attributes under which data sets hold what they decode, one entry a sample.
STORED = ("samples", "imgs", "paths", "files", "filenames", "image_paths", "images", "data", "tensors")
DEPTH = 8


def spread_over(ids: Sequence[int], limit: int) -> list[int]:
    """At most `limit` of them, evenly spaced, first and last included."""
    count = min(limit, len(ids))
    return [int(ids[0 if count == 1 else int(place * (len(ids) - 1) / (count - 1) + 0.5)]) for place in range(count)]


def covered(subject: Any, name: str) -> Sequence[int]:
    """Indices that training or evaluation can draw: several splits may share one data set and part it by their samplers."""
    size = len(subject.split(name))
    if name != "train":
        indices = subject._splits[name]._indices
        return range(size) if indices is None else indices
    loader = getattr(subject.feed(), "loader", None)
    sampler = None if loader is None else sampler_of(loader)
    sampler = getattr(sampler, "_sampler", sampler)
    if sampler is None or type(sampler) in (RandomSampler, SequentialSampler, DistributedSampler):
        return range(size)
    indices = getattr(sampler, "indices", None)
    if isinstance(indices, (list, tuple, range, np.ndarray, torch.Tensor)) and len(indices):
        return [int(index) for index in indices]
    return range(size) if subject.feed().blind is not None else _drawn(subject)


def _drawn(subject: Any) -> list[int]:
    """What one epoch draws; the sampler's own generator is put back with the run's."""
    from gonogo.samples import epochs

    found, slots = find(subject.experiment), state.Slots()
    slots.capture("covered", state.read(subject.experiment, found, subject.mid_update()), found)
    try:
        lists = next(epochs(subject, 1, whole=True))
        return sorted({int(index) for one in lists for index in one})
    finally:
        slots.restore("covered", subject.experiment, find(subject.experiment))


def stored_of(dataset: Any, index: int) -> str | None:
    """Digest of a path, or of the row of an array, that the data set holds for this sample; null where it shows none."""
    for _ in range(DEPTH):
        for name in STORED:
            held = getattr(dataset, name, None)
            if name == "tensors" and isinstance(held, (list, tuple)) and held:
                held = held[0]
            if isinstance(held, (list, tuple, np.ndarray, torch.Tensor)) and len(held) == len(dataset):
                return _digest(held[index])
        inner, indices = getattr(dataset, "dataset", None), getattr(dataset, "indices", None)
        if inner is None or not hasattr(inner, "__len__"):
            return None
        if indices is not None:
            index = int(indices[index])
        elif len(inner) != len(dataset):
            return None
        dataset = inner
    return None


def _digest(value: Any) -> str | None:
    """Of text, of a tuple with text in it, or of an array of more than one number."""
    if isinstance(value, (str, bytes)) or isinstance(value, (list, tuple)) and any(isinstance(one, (str, bytes)) for one in value):
        return batches.bytes_digest(value)
    if isinstance(value, (np.ndarray, torch.Tensor)) and np.prod(value.shape) > 1:
        return batches.bytes_digest(value)
    return None
