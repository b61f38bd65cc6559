"""Which batch comes next, and where the run stands in its data, in the managed order.
Not here: the user's own loader (loader_feed.py), nor what a step does with a batch."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset, RandomSampler, SequentialSampler, Subset

from gonogo import batches, seeds
from gonogo.drawn import Drawn
from gonogo.samplers import batch_size_of, sampler_of


class Feed(Protocol):
    """Training data. `next` draws, `advance` says that the step is done."""

    #: Null, or why the ids of samples cannot be told.
    blind: str | None

    def steps_per_epoch(self) -> int: ...
    def next(self) -> Drawn: ...
    def frozen(self, count: int) -> Drawn: ...
    def samples(self) -> int: ...
    def dataset(self) -> Any: ...


class ManagedFeed:
    """The order is a permutation of (seed, epoch), so any position is reached at once."""

    blind = None

    def __init__(self, experiment: Any, dataset: Any, limit: int | None):
        self._experiment, self._dataset, self._limit = experiment, dataset, limit
        self._order: tuple[int, np.ndarray] = (-1, np.empty(0, np.int64))

    def steps_per_epoch(self) -> int:
        steps = -(-len(self._dataset) // self._experiment.batch_size)
        return steps if self._limit is None else min(steps, self._limit)

    def next(self) -> Drawn:
        progress, size = self._experiment.progress, self._experiment.batch_size
        return self._fetch(self._epoch(progress.epoch)[progress.batch * size : (progress.batch + 1) * size])

    def frozen(self, count: int) -> Drawn:
        with seeds.kept():
            seeds.seed_all(self._experiment.seed, "frozen")
            return self._fetch(self._epoch(0)[:count])

    def samples(self) -> int:
        whole = len(self._dataset)
        return whole if self._limit is None else min(whole, self._limit * self._experiment.batch_size)

    def dataset(self) -> Any:
        return self._dataset

    def _epoch(self, epoch: int) -> np.ndarray:
        if self._order[0] != epoch:
            self._order = (epoch, seeds.permutation(self._experiment.seed, epoch, len(self._dataset)))
        return self._order[1]

    def _fetch(self, ids: np.ndarray) -> Drawn:
        return Drawn(batches.fetch(self._dataset, ids, self._experiment.collate), ids)


def sequential(loader: Any) -> list[int] | None:
    """Indices that an evaluation loader covers, in a fixed order; null where it cannot be told."""
    sampler = sampler_of(loader)
    if not isinstance(loader, DataLoader) or batch_size_of(loader) is None or isinstance(loader.dataset, IterableDataset):
        return None
    if isinstance(sampler, (SequentialSampler, RandomSampler)):
        return list(range(len(loader.dataset)))  # type: ignore[arg-type]
    if hasattr(sampler, "indices") and len(sampler.indices) == len(sampler):
        return [int(index) for index in sampler.indices]
    with seeds.kept():
        return [int(index) for index in sampler]  # type: ignore[union-attr]


def rebuilt(loader: DataLoader[Any], indices: list[int], batch_size: int) -> DataLoader[Any]:
    """The same data set, collation and drop_last, in a fixed order, at another batch size; it draws from no generator of the run."""
    whole = indices == list(range(len(loader.dataset)))  # type: ignore[arg-type]
    dataset = loader.dataset if whole else Subset(loader.dataset, indices)
    return DataLoader(
        dataset, batch_size=batch_size, collate_fn=loader.collate_fn, drop_last=loader.drop_last, generator=torch.Generator().manual_seed(0)
    )
