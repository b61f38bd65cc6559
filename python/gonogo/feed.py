"""Which batch comes next, and where the run stands in its data, in the managed order.
Not here: the user's own loader (loader_feed.py), nor what a step does with a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset, RandomSampler, SequentialSampler, Subset, default_collate
from torch.utils.data.distributed import DistributedSampler

from gonogo import batches, seeds
from gonogo.drawn import Drawn
from gonogo.experiment import defines
from gonogo.keyed import Batches, Keyed, Route
from gonogo.parallel import World
from gonogo.samplers import batch_size_of, sampler_of


class Feed(Protocol):
    """Training data. `next` draws, `advance` says that the step is done."""

    #: Null, or why the ids of samples cannot be told.
    blind: str | None

    def steps_per_epoch(self) -> int: ...
    def next(self) -> Drawn: ...
    def frozen(self, count: int) -> Drawn: ...
    def chosen(self, ids: Sequence[int]) -> Drawn: ...
    def samples(self) -> int: ...
    def dataset(self) -> Any: ...
    def whole_steps(self) -> int: ...
    def repeat(self, index: int | None) -> None: ...
    def close(self) -> None: ...


class ManagedFeed:
    """The order is a permutation of (seed, epoch), so any position is reached at once; so is the noise in a sample (keyed.py)."""

    blind = None

    def __init__(self, experiment: Any, dataset: Any, limit: int | None, world: World = World(), padded: bool = False, workers: int = 0):
        self._experiment, self._dataset, self._limit = experiment, dataset, limit
        self._world, self._padded = world, padded  # padded: as many samples on every rank, for a step that does not weigh them
        self._size = experiment.batch_size * world.size
        keyed = Keyed(dataset, experiment.collate if defines(type(experiment), "collate") else default_collate, experiment.seed)
        self._batches = Batches(keyed, Route(lambda epoch, batch: self._mine(self._ids(epoch, batch)), self.steps_per_epoch), workers)
        #: One rank alone that makes its batches here and at once: the way there is short.
        self._whole = keyed.whole if world.size == 1 and workers == 0 else None
        self._orders: dict[int, np.ndarray] = {}
        self._repeated: int | None = None  # a probe asks for one sample again and again

    def whole_steps(self) -> int:
        return -(-len(self._dataset) // self._size)

    def steps_per_epoch(self) -> int:
        steps = self.whole_steps()
        return steps if self._limit is None else min(steps, self._limit)

    def next(self) -> Drawn:
        progress = self._experiment.progress
        order, size = self._orders.get(progress.epoch), self._size
        if self._whole is not None and order is not None and self._repeated is None:
            ids = order[progress.batch * size : (progress.batch + 1) * size]
            return Drawn(self._whole(ids), ids)
        ids = self._ids(progress.epoch, progress.batch)
        mine = self._mine(ids)
        batch = self._batches.at(progress.version, progress.epoch, progress.batch, mine)
        return Drawn(batch, mine, None if self._world.size == 1 else len(mine) / len(ids))

    def close(self) -> None:
        self._batches.close()

    def repeat(self, index: int | None) -> None:
        self._repeated = index

    def _ids(self, epoch: int, batch: int) -> np.ndarray:
        if self._repeated is not None:
            return np.full(self._size, self._repeated, dtype=np.int64)
        return self._epoch(epoch)[batch * self._size : (batch + 1) * self._size]

    def frozen(self, count: int) -> Drawn:
        with seeds.kept():
            seeds.seed_all(self._experiment.seed, "frozen")
            return self._fetch(self._epoch(0)[:count])

    def samples(self) -> int:
        whole = len(self._dataset)
        return whole if self._limit is None else min(whole, self._limit * self._size)

    def dataset(self) -> Any:
        return self._dataset

    def _epoch(self, epoch: int) -> np.ndarray:
        if epoch not in self._orders:  # two at most: workers may be in the next epoch already
            self._orders = {one: order for one, order in self._orders.items() if abs(one - epoch) == 1}
            self._orders[epoch] = seeds.permutation(self._experiment.seed, epoch, len(self._dataset))
        return self._orders[epoch]

    def chosen(self, ids: Sequence[int]) -> Drawn:
        mine = np.asarray(ids)[self._world.share(len(ids))]
        return Drawn(one_by_one(self._dataset, mine, self._experiment.collate, self._experiment.seed), mine, len(mine) / len(ids))

    def _fetch(self, ids: np.ndarray) -> Drawn:
        """This rank's part of the batch of these samples; a last batch may be shorter than there are ranks."""
        mine = self._mine(ids)
        batch = batches.fetch(self._dataset, mine, self._experiment.collate) if len(mine) else None
        return Drawn(batch, mine, None if self._world.size == 1 else len(mine) / len(ids))

    def _mine(self, ids: np.ndarray) -> np.ndarray:
        if self._world.size == 1:
            return ids
        return np.asarray(self._world.equal_share(ids)) if self._padded else ids[self._world.share(len(ids))]


def one_by_one(dataset: Any, ids: Sequence[int], collate: Any, seed: int) -> Any:
    """A batch whose augmentation depends on each sample alone, not on what comes before it; the run's generators stay."""
    with seeds.kept():
        samples = []
        for index in ids:
            seeds.seed_all(seed, f"sample/{index}")
            samples.append(dataset[int(index)])
        return collate(samples)


def sequential(loader: Any) -> Sequence[int] | None:
    """Indices that an evaluation loader covers, in a fixed order; null where it cannot be told."""
    sampler = sampler_of(loader)
    if not isinstance(loader, DataLoader) or batch_size_of(loader) is None or isinstance(loader.dataset, IterableDataset):
        return None
    if isinstance(sampler, (SequentialSampler, RandomSampler)):
        return range(len(loader.dataset))  # type: ignore[arg-type]
    if hasattr(sampler, "indices") and len(sampler.indices) == len(sampler):
        return [int(index) for index in sampler.indices]
    with seeds.kept():
        return [int(index) for index in sampler]  # type: ignore[union-attr]


def dealt(loader: DataLoader[Any], count: int, batch_size: int) -> DataLoader[Any]:
    """The first samples, dealt out by a sampler of the same kind: what it pads in the whole, it pads in the part."""
    sampler: Any = loader.sampler
    part = Subset(loader.dataset, range(count))
    if type(sampler) is DistributedSampler:
        same: Any = DistributedSampler(
            part, num_replicas=sampler.num_replicas, rank=sampler.rank, shuffle=sampler.shuffle, seed=sampler.seed, drop_last=sampler.drop_last
        )
    else:
        same = range(sampler.rank, count, sampler.num_replicas)
    return DataLoader(
        part, batch_size=batch_size, sampler=same, collate_fn=loader.collate_fn, drop_last=loader.drop_last, generator=torch.Generator().manual_seed(0)
    )


def rebuilt(loader: DataLoader[Any], indices: Sequence[int], batch_size: int) -> DataLoader[Any]:
    """The same data set, collation and drop_last, in a fixed order, at another batch size; it draws from no generator of the run."""
    size = len(loader.dataset)  # type: ignore[arg-type]
    whole = len(indices) == size and (indices == range(size) or list(indices) == list(range(size)))
    dataset = loader.dataset if whole else Subset(loader.dataset, indices)
    return DataLoader(
        dataset, batch_size=batch_size, collate_fn=loader.collate_fn, drop_last=loader.drop_last, generator=torch.Generator().manual_seed(0)
    )
