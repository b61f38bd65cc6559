"""The index batches that a loader hands out, remembered until their batch is used, so that a resume hands out the same ones.
Not here: what the workers make of them (lanes.py)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any


class Recorder:
    """The user's batch sampler (or sampler, where there is no batching) as it was. While held it gives nothing: a loader that
    fills its workers' queues as it is made then leaves that to us, when the generators are where they belong."""

    def __init__(self, sampler: Any):
        self._sampler = sampler
        self._indices: Iterator[Any] | None = None
        self._again: deque[Any] = deque()
        self._held = False
        #: Handed out and not used yet.
        self.given: deque[Any] = deque()
        #: Handed out in this epoch, those passed over included.
        self.handed = 0
        #: There is no more in this epoch. Some samplers draw once more as they end, which must not happen twice.
        self.ended = False
        #: A probe asks for this one sample instead of each.
        self.repeated: int | None = None

    def hold(self) -> None:
        self._held, self._indices = True, None
        self._again.clear()
        self.given.clear()
        self.handed, self.ended = 0, False

    def forward(self, count: int) -> None:
        """Draws `count` and drops them."""
        self._indices = iter(self._sampler)
        for _ in range(count):
            next(self._indices, None)

    def release(self, used: int, again: list[Any], ended: bool) -> None:
        """Goes on after `used`, with `again` first: what had been handed out and was not used."""
        self.handed, self.ended = used, ended
        self._again.extend(again)
        self._held = False

    def __iter__(self) -> Iterator[Any]:
        if not self._held:  # somebody else iterates the loader
            return iter(self._sampler)
        return Handing(self)

    def take(self) -> Any:
        if self._held:
            raise StopIteration
        if self._again:
            batch = self._again.popleft()
        else:
            batch = self._draw()
        if self.repeated is not None:
            batch = self.repeated if isinstance(batch, int) else [self.repeated] * len(batch)
        self.given.append(batch)
        self.handed += 1
        return batch

    def _draw(self) -> Any:
        if self.ended:
            raise StopIteration
        if self._indices is None:
            self._indices = iter(self._sampler)
        try:
            return next(self._indices)
        except StopIteration:
            self.ended = True
            raise

    def __len__(self) -> int:
        return len(self._sampler)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # not there yet while a worker process unpickles us
            raise AttributeError(name)
        return getattr(self._sampler, name)


class Handing:
    """An iterator of ours for one epoch."""

    def __init__(self, recorder: Recorder):
        self._recorder = recorder

    def __iter__(self) -> Handing:
        return self

    def __next__(self) -> Any:
        recorder = self._recorder
        if recorder._held or recorder._again or recorder._indices is None or recorder.repeated is not None or recorder.ended:
            return recorder.take()
        # As take() does it where nothing is special: two calls fewer for each batch.
        try:
            batch = next(recorder._indices)
        except StopIteration:
            recorder.ended = True
            raise
        recorder.given.append(batch)
        recorder.handed += 1
        return batch


def plain(batch: Any) -> Any:
    """Indices as numbers that a checkpoint holds: a list of int, an int, or null where they are something else."""
    if hasattr(batch, "tolist"):
        batch = batch.tolist()
    if isinstance(batch, (list, tuple)):
        inner = [plain(one) for one in batch]
        return None if any(one is None for one in inner) else inner
    return batch if type(batch) is int else None


def flat(batch: Any) -> list[int] | None:
    """Ids of the samples of one index batch."""
    if type(batch) is list and set(map(type, batch)) == {int}:
        return batch[:]  # a sampler may fill one list again and again
    found = plain(batch)
    if found is None:
        return None
    found = found if isinstance(found, list) else [found]
    return found if all(type(one) is int for one in found) else None
