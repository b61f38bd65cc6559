"""Small data sets for managed experiments: arrays held in memory, and a split into train and val.
Not here: the order of training (feed.py). Any torch Dataset does as well."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import repeat
from operator import getitem
from typing import Any


class Arrays:
    """Samples held as whole tensors, fetched a batch at a time. Made by arrays()."""

    def __init__(self, fields: Sequence[Any], transform: Callable[[Any], Any] | None):
        self.tensors = tuple(fields)
        self.transform = transform

    def __len__(self) -> int:
        return len(self.tensors[0])

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        return tuple(field[0] for field in self.batch([index]))

    def batch(self, indices: Sequence[int]) -> tuple[Any, ...]:
        """The samples at `indices`, stacked."""
        import torch

        chosen = torch.as_tensor(indices)
        if chosen.dtype is not torch.int64:
            chosen = chosen.long()
        fields = tuple(map(getitem, self.tensors, repeat(chosen)))
        return fields if self.transform is None else (self.transform(fields[0]), *fields[1:])


class Part:
    """Some samples of a data set, in a fixed order. Made by split()."""

    def __init__(self, dataset: Any, indices: Any, transform: Callable[[Any], Any] | None):
        self.dataset, self.indices, self.transform = dataset, indices, transform
        if transform is None and hasattr(dataset, "batch"):
            self.batch = lambda indices: dataset.batch(self.indices[indices])

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> Any:
        sample = self.dataset[int(self.indices[index])]
        return sample if self.transform is None else (self.transform(sample[0]), *sample[1:])


def arrays(*fields: Any, transform: Callable[[Any], Any] | None = None) -> Arrays:
    """A data set of arrays or tensors with one entry a sample: inputs first, then targets.

    `transform` maps a batch of inputs, so that bytes can stay bytes in memory: arrays(images, labels, transform=normalise).
    """
    import torch

    if not fields:
        raise ValueError("arrays() needs at least one array")
    tensors = [field if isinstance(field, torch.Tensor) else torch.as_tensor(field) for field in fields]
    if len({len(tensor) for tensor in tensors}) > 1:
        raise ValueError(f"arrays() needs as many entries in each array, not {[len(tensor) for tensor in tensors]}")
    return Arrays(tensors, transform)


def split(dataset: Any, *, val: int, seed: int = 0, transform: Mapping[str, Callable[[Any], Any]] | None = None) -> dict[str, Any]:
    """{"train": …, "val": …}: `val` samples drawn at random, the others to train on; the same for every seed of a run.

    `transform` maps each sample's input, by part: {"train": noisy, "val": plain}.
    """
    import numpy as np

    count = len(dataset)
    if not 0 < val < count:
        raise ValueError(f"split() needs 0 < val < {count}, not {val}")
    order = np.random.Generator(np.random.Philox(key=seed)).permutation(count)
    of = transform or {}
    return {
        "train": Part(dataset, np.sort(order[val:]), of.get("train")),
        "val": Part(dataset, np.sort(order[:val]), of.get("val")),
    }
