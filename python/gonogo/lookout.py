"""What a preflight had no time for, seen while training goes on: whether samples that are trained on are those of validation, and numbers that
are none. It looks at batches that pass anyway, within a five-hundredth of their time, and decodes, draws and changes nothing, so
that a watched run is the same to the last bit. Not here: what is said of it (src/train/inflight.ts)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import torch

from gonogo import batches
from gonogo.padding import tensor_of

#: Share of the time that a look may take: seven seconds of an hour, some hundred thousand samples. For the first look there is as much as
#: this many seconds, so that a short run is looked at, too; later ones come once they may last that many.
SHARE, FIRST, LEAST = 0.002, 0.02, 0.001
#: A validation is rare, and what it leaves out is never met: its own time may be a tenth longer.
VALIDATED = 0.1
#: Hashes that are kept of validation, of training for comparison, and of samples that may come again.
VALIDATION, REFERENCE, AGAIN = 200_000, 50_000, 2_000
#: Seconds between two reports.
EVERY = 2.0


class Lookout:
    """One run's. What it has seen ends with its process: a resumed run looks anew."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._spent = {SHARE: 0.0, VALIDATED: 0.0}
        #: When there is time for the next look at training, on the clock of perf_counter(). Asked before each step, which a call would delay.
        self.due = 0.0
        self._validation: set[str] = set()
        self._reference: set[str] = set()
        self._seen: dict[int, str] = {}
        self._met: set[str] = set()
        self._turn, self._said = 0, 0.0
        self._changed = False
        self._counts = {"looked": 0, "common": 0, "twins": 0, "pairs": 0, "again": 0, "changing": 0, "notFinite": 0}
        self._first: dict[str, int | None] = {"commonAt": None, "notFiniteAt": None}

    def for_probe(self, probe: dict[str, Any]) -> Lookout | None:
        return self if probe.get("watch", False) else None

    def validation(self, batch: Any) -> None:
        """A batch of an evaluation of the validation split."""
        if len(self._validation) < VALIDATION:
            for _, digest, _ in self._rows(batch, None, VALIDATED):
                self._validation.add(digest)

    def training(self, batch: Any, ids: Sequence[int] | None, first_epoch: bool) -> None:
        for row, digest, finite in self._rows(batch, ids, SHARE):
            index = -1 if ids is None else int(ids[row])
            self._counts["looked"] += 1
            self._changed = True
            if not finite:
                self._counts["notFinite"] += 1
                self._note("notFiniteAt", index)
            if index >= 0 and index in self._seen:
                self._counts["again"] += 1
                self._counts["changing"] += self._seen[index] != digest
            elif index >= 0 and len(self._seen) < AGAIN:
                self._seen[index] = digest
            if first_epoch:
                self._compare(index, digest)
        self.due = self._began + (self._spent[SHARE] + LEAST - FIRST) / SHARE

    def _compare(self, index: int, digest: str) -> None:
        """Against validation, and against all others of training that were met: there chance alone makes two alike."""
        if digest in self._validation:
            self._counts["common"] += 1
            self._met.add(digest)
            self._note("commonAt", index)
        self._counts["pairs"] += len(self._reference)
        self._counts["twins"] += digest in self._reference
        if len(self._reference) < REFERENCE:
            self._reference.add(digest)

    def _note(self, what: str, index: int) -> None:
        if self._first[what] is None and index >= 0:
            self._first[what] = index

    def _rows(self, batch: Any, ids: Sequence[int] | None, share: float) -> Any:
        """(row, digest of its input, whether all of it is finite) for as many rows as there is time for, another one first each time."""
        begun = time.perf_counter()
        room = share * (begun - self._began) - self._spent[share] + FIRST
        if room <= 0:
            return
        given = tensor_of(batches.input_of(batch))
        count = 0 if given is None or given.ndim == 0 or given.device.type != "cpu" else len(given)
        self._turn += 1
        for place in range(count if ids is None or len(ids) == count else 0):
            started = time.perf_counter()
            if started - begun >= room:
                break
            row = (place + self._turn) % len(given)
            finite = bool(torch.isfinite(given[row]).all()) if given.is_floating_point() else True
            yield row, batches.bytes_digest(given[row]), finite
        self._spent[share] += time.perf_counter() - begun

    def report(self) -> dict[str, Any] | None:
        """What has been seen so far, where there is something new and the last word is a while ago."""
        now = time.perf_counter()
        if not self._changed or now - self._said < EVERY:
            return None
        self._changed, self._said = False, now
        return {**self._counts, **self._first, "distinct": len(self._met), "validation": len(self._validation)}


def told(look: Lookout | None) -> dict[str, Any]:
    """For the last record of a group."""
    found = None if look is None else look.report()
    return {} if found is None else {"inFlight": found}
