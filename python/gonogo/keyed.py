"""Batches of a managed run, made in this process or by workers, with noise that depends on (seed, epoch, sample) alone: the number of
workers changes nothing, and any place is reached at once. Not here: which samples make a batch (feed.py)."""

from __future__ import annotations

import multiprocessing
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler, Subset, TensorDataset

from gonogo import batches, seeds
from gonogo.data import Arrays, Part
from gonogo.found import project_generators
from gonogo.held import held, put_raw, raw, reseed

MASK = 2**64 - 1


def noise_seed(key: int, sample: int) -> int:
    """63 bits for a sample: SplitMix64 (Steele, Lea, Flood 2014, section 4) over the stream of an epoch."""
    mixed = (key + (sample + 1) * 0x9E37_79B9_7F4A_7C15) & MASK
    mixed = ((mixed ^ mixed >> 30) * 0xBF58_476D_1CE4_E5B9) & MASK
    mixed = ((mixed ^ mixed >> 27) * 0x94D0_49BB_1331_11EB) & MASK
    return (mixed ^ mixed >> 31) >> 1


def draws_nothing(dataset: Any) -> bool:
    """Data sets that only look samples up."""
    if isinstance(dataset, Arrays):
        return dataset.transform is None
    if isinstance(dataset, Part):
        return hasattr(dataset, "batch") and draws_nothing(dataset.dataset)
    return type(dataset) is TensorDataset or type(dataset) is Subset and draws_nothing(dataset.dataset)


class Keyed(Dataset):
    """(epoch, ids) → a batch. Whatever is drawn for a sample, every generator is where it was afterwards."""

    def __init__(self, dataset: Any, collate: Callable[[list[Any]], Any], seed: int):
        self._dataset, self._collate, self._seed = dataset, collate, seed
        self._plain = draws_nothing(dataset)
        #: Makes a batch at once, and draws nothing.
        self.whole = dataset.batch if self._plain and hasattr(dataset, "batch") else None
        self._own: list[Any] | None = None
        self._epoch: tuple[int, int] = (-1, 0)
        self._made = 0

    def __getitem__(self, at: tuple[int, Sequence[int]]) -> Any:
        epoch, ids = at
        if len(ids) == 0:
            return None
        if self._plain:
            return batches.fetch(self._dataset, ids, self._collate)
        if self._epoch[0] != epoch:
            self._epoch = (epoch, seeds.stream(self._seed, f"samples/{epoch}"))
        if self._own is None:
            self._own = self._held()
        batch = self._noisy(ids)
        self._made += 1
        if self._made & (self._made - 1) == 0 and len(found := self._held()) > len(self._own):
            # Made on first use, from whichever sample came first in this process.
            self._own = found
            batch = self._noisy(ids)
        return batch

    def _held(self) -> list[Any]:
        return list({**held({"dataset": self._dataset, "collate": self._collate}), **project_generators()}.values())

    def _noisy(self, ids: Sequence[int]) -> Any:
        own = self._own or []
        before = (random.getstate(), np.random.get_state(), torch.get_rng_state(), [raw(one) for one in own])
        try:
            if hasattr(self._dataset, "batch"):  # all at once: keyed by the first sample of the batch
                self._key(own, int(ids[0]))
                return self._dataset.batch(ids)
            samples = []
            for index in ids:
                self._key(own, int(index))
                samples.append(self._dataset[int(index)])
            return self._collate(samples)
        finally:
            random.setstate(before[0])
            np.random.set_state(before[1])
            torch.set_rng_state(before[2])
            for one, state in zip(own, before[3]):
                put_raw(one, state)

    def _key(self, own: list[Any], sample: int) -> None:
        value = noise_seed(self._epoch[1], sample)
        random.seed(value)
        np.random.seed(value & 0xFFFF_FFFF)
        torch.default_generator.manual_seed(value)  # torch.manual_seed would look for every device
        for place, one in enumerate(own):
            reseed(one, value + place + 1)


class Route(Sampler):
    """(epoch, ids) of every batch from a place on, epoch after epoch, so that workers need not end with one."""

    def __init__(self, ids: Callable[[int, int], Sequence[int]], steps: Callable[[], int]):
        self._ids, self._steps = ids, steps
        self.start = (0, 0)

    def __iter__(self) -> Iterator[tuple[int, Sequence[int]]]:
        epoch, batch = self.start
        while True:
            yield epoch, self._ids(epoch, batch)
            epoch, batch = self.after(epoch, batch)

    def after(self, epoch: int, batch: int) -> tuple[int, int]:
        """The place that comes next."""
        return (epoch + 1, 0) if batch + 1 >= self._steps() else (epoch, batch + 1)


def same(batch: Any) -> Any:
    return batch


class Batches:
    """The batch at a place; with workers, those that follow are made meanwhile."""

    def __init__(self, keyed: Keyed, route: Route, workers: int):
        self._keyed, self._route = keyed, route
        self._next: Any = None
        self._iterator: Iterator[Any] | None = None
        self._loader: DataLoader[Any] | None = None
        if workers > 0:
            fork = "fork" if "fork" in multiprocessing.get_all_start_methods() else None
            self._loader = DataLoader(
                keyed, batch_size=None, sampler=route, num_workers=workers, collate_fn=same, multiprocessing_context=fork, generator=torch.Generator()
            )

    def at(self, version: int, epoch: int, batch: int, ids: Sequence[int]) -> Any:
        """Another version means that the run was moved."""
        if self._loader is None:
            return self._keyed[epoch, ids]
        if self._iterator is None or self._next != (version, epoch, batch):
            self.close()
            self._route.start = (epoch, batch)
            self._iterator = iter(self._loader)
        made = next(self._iterator)
        self._next = (version, *self._route.after(epoch, batch))
        return made

    def close(self) -> None:
        """Ends the worker processes."""
        old, self._iterator = self._iterator, None
        if hasattr(old, "_shutdown_workers"):
            old._shutdown_workers()
