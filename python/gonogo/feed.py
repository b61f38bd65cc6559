"""Which batch comes next, and where the run stands in its data: managed order, or the user's own loader.
Not here: what a step does with it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset, RandomSampler, SequentialSampler, Subset

from gonogo import batches, seeds
from gonogo.errors import Fault


@dataclass
class Drawn:
    """One batch; `ids` is null where the loader does not tell them."""

    batch: Any
    ids: Sequence[int] | None

    def samples(self) -> dict[str, Any]:
        if self.ids is None:
            return {"count": batches.count(self.batch), "digest": batches.bytes_digest(self.batch)}
        return {"count": len(self.ids), "digest": batches.ids_digest(self.ids)}


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


class Recorder:
    """The user's batch sampler as it was, that remembers what it gave. After a resume it passes over what was seen."""

    def __init__(self, sampler: Any):
        self._sampler = sampler
        self.given: deque[list[int]] = deque()
        self.skip = 0
        self.after_skip: Any = None

    def __iter__(self) -> Iterator[list[int]]:
        self.given.clear()
        indices = iter(self._sampler)
        for _ in range(self.skip):
            next(indices, None)
        if self.after_skip is not None:
            # The order is drawn; from here on the generators are where the run left them.
            restore, self.after_skip, self.skip = self.after_skip, None, 0
            first = next(indices, None)
            restore()
            if first is not None:
                self.given.append(first)
                yield first
        for batch in indices:
            self.given.append(batch)
            yield batch

    def __len__(self) -> int:
        return len(self._sampler)

    def __getattr__(self, name: str) -> Any:
        if name == "_sampler":  # not there yet while a worker process unpickles us
            raise AttributeError(name)
        return getattr(self._sampler, name)


class LoaderFeed:
    """The user's own train_loader, in the order that it gives; bounded to the first batches of each epoch under a limit."""

    def __init__(self, experiment: Any, limit: int | None):
        self._experiment, self._limit = experiment, limit
        self._iterator: Iterator[Any] | None = None
        self._recorder: Recorder | None = None
        self._at: tuple[int, int, int] | None = None
        self._start = experiment.progress.generators()

    @property
    def loader(self) -> Any:
        loader = self._experiment.train_loader
        if isinstance(loader, DataLoader) and loader.batch_sampler is not None and not isinstance(loader.batch_sampler, Recorder):
            # DataLoader refuses the assignment; its instance dictionary does not.
            loader.__dict__["batch_sampler"] = Recorder(loader.batch_sampler)
        return loader

    @property
    def blind(self) -> str | None:
        loader = self.loader
        known = isinstance(loader, DataLoader) and loader.batch_sampler is not None
        return None if known else "train_loader has no batch sampler, so the ids of its samples are not known"

    def steps_per_epoch(self) -> int:
        try:
            whole = len(self.loader)
        except TypeError:
            if self._limit is None:
                raise Fault("LOADER_WITHOUT_LENGTH", "train_loader has no len(), so the length of an epoch is unknown") from None
            return self._limit
        return whole if self._limit is None else min(whole, self._limit)

    def samples(self) -> int:
        steps, loader = self.steps_per_epoch(), self.loader
        size = getattr(loader, "batch_size", None) or 1
        try:
            sampler = getattr(loader, "sampler", None)
            whole = len(sampler) if sampler is not None else len(loader.dataset)
        except (TypeError, AttributeError):
            whole = steps * size
        return min(whole, steps * size)

    def dataset(self) -> Any:
        return getattr(self.loader, "dataset", None)

    def next(self) -> Drawn:
        progress = self._experiment.progress
        here = (progress.version, progress.epoch, progress.batch)
        if self._iterator is None or self._at != here:
            self._begin()
        try:
            batch = next(self._iterator)  # type: ignore[arg-type]
        except StopIteration:
            raise Fault(
                "LOADER_ENDED_EARLY",
                "train_loader gave fewer batches than its len()",
                seen=f"{progress.batch} batches",
                expected=f"{self.steps_per_epoch()}",
            ) from None
        ids = self._recorder.given.popleft() if self._recorder is not None and self._recorder.given else None
        self._at = (progress.version, progress.epoch, progress.batch + 1)
        if progress.batch + 1 >= self.steps_per_epoch():
            self._iterator = None
        return Drawn(batch, ids)

    def _begin(self) -> None:
        progress, loader = self._experiment.progress, self.loader
        now = progress.generators()
        if progress.batch == 0 or progress.began is None:
            progress.began = now

        def go_on() -> None:
            # A loader's own generator is where drawing the order again has left it; prefetching may have been further.
            seeds.set_all(now)

        progress.set_generators(progress.began)
        sampler = getattr(loader, "sampler", None)
        for one in (sampler, getattr(loader, "batch_sampler", None)):
            if hasattr(one, "set_epoch"):
                one.set_epoch(progress.epoch)
        self._recorder = loader.batch_sampler if isinstance(getattr(loader, "batch_sampler", None), Recorder) else None
        resumed = progress.batch > 0
        if self._recorder is not None:
            self._recorder.skip = progress.batch
            self._recorder.after_skip = go_on if resumed else None
        self._iterator = iter(loader)
        if self._recorder is None and resumed:
            for _ in range(progress.batch):
                next(self._iterator, None)
            go_on()

    def frozen(self, count: int) -> Drawn:
        """The first samples in the order of the first epoch; the run's own position and generators stay."""
        progress, loader = self._experiment.progress, self.loader
        now = progress.generators()
        try:
            progress.set_generators(self._start)
            if self.blind is not None or not hasattr(loader.dataset, "__getitem__") or isinstance(loader.dataset, IterableDataset):
                return Drawn(batches.sliced(next(iter(loader)), count), None)
            torch.empty((), dtype=torch.int64).random_(generator=loader.generator)  # as iter(loader) would
            ids: list[int] = []
            for given in loader.batch_sampler._sampler:
                ids += given
                if len(ids) >= count:
                    break
            seeds.seed_all(self._experiment.seed, "frozen")
            return Drawn(loader.collate_fn([loader.dataset[index] for index in ids[:count]]), ids[:count])
        finally:
            progress.set_generators(now)


def generators_of(loader: Any) -> list[torch.Generator]:
    """Generators that a loader draws its order from."""
    found: dict[int, torch.Generator] = {}
    sampler, batch_sampler = getattr(loader, "sampler", None), getattr(loader, "batch_sampler", None)
    for holder in (loader, sampler, batch_sampler, getattr(batch_sampler, "sampler", None)):
        generator = getattr(holder, "generator", None)
        if isinstance(generator, torch.Generator):
            found[id(generator)] = generator
    return list(found.values())


def sequential(loader: Any) -> list[int] | None:
    """Indices that an evaluation loader covers, in a fixed order; null where it cannot be told."""
    sampler = getattr(loader, "sampler", None)
    if not isinstance(loader, DataLoader) or loader.batch_size is None or isinstance(loader.dataset, IterableDataset):
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
