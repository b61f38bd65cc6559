"""Inside a DataLoader's worker processes: after each batch a worker notes the states of its generators in shared memory, and a
resumed one starts from such a state. Not here: which batch comes next (loader_feed.py)."""

from __future__ import annotations

import pickle
import random
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.utils.data import get_worker_info

from gonogo import seeds
from gonogo.found import project_generators
from gonogo.held import empty, held, like, plant, raw

Tree = Any
HEAD = 16
#: Bytes of the three global generators and of one more, with room to spare.
GLOBALS, EACH = 32 * 1024, 12 * 1024
WAIT_SECONDS = 60.0

_watch: Watch | None = None


class Ring:
    """For each worker its last few states, the newest over the oldest. Only the worker writes; nobody waits for anybody."""

    def __init__(self, workers: int, slots: int, capacity: int):
        self.workers, self.slots, self.capacity = workers, slots, capacity
        self.bytes = torch.zeros(workers * slots * (HEAD + capacity), dtype=torch.uint8).share_memory_()

    def _slot(self, worker: int, count: int) -> tuple[Any, Any]:
        size = HEAD + self.capacity
        start = (worker * self.slots + count % self.slots) * size
        whole = self.bytes.numpy()[start : start + size]
        return whole[:HEAD].view(np.int64), whole[HEAD:]

    def write(self, worker: int, count: int, payload: bytes) -> None:
        head, body = self._slot(worker, count)
        head[:] = (-1, 0)
        fits = len(payload) <= self.capacity
        if fits:
            body[: len(payload)] = np.frombuffer(payload, np.uint8)
        head[1] = len(payload) if fits else 0
        head[0] = count + 1  # zero means never written

    def read(self, worker: int, count: int, alive: Callable[[], bool]) -> bytes | None:
        """State after the worker's `count`-th batch; waits for a batch that is under way. Null where there is none."""
        head, body = self._slot(worker, count)
        until = time.monotonic() + WAIT_SECONDS
        while head[0] <= count and alive() and time.monotonic() < until:
            time.sleep(0.001)
        return body[: head[1]].tobytes() if head[0] == count + 1 and head[1] > 0 else None


class Watch:
    """The generators of one worker process. Those a data set makes on first use are looked for again after 1, 2, 4, … batches."""

    def __init__(self, ring: Ring, worker: int, roots: dict[str, Any]):
        self._ring, self._worker, self._roots = ring, worker, roots
        self._count = 0
        self._held: dict[str, Any] = {}
        self._look()

    def _look(self) -> None:
        self._held = {**held(self._roots), **project_generators()}

    def start(self, state: Tree) -> None:
        seeds.set_generator(random._inst, state["python"])  # type: ignore[attr-defined]
        seeds.set_generator(np.random.mtrand._rand, state["numpy"])
        torch.set_rng_state(state["torch"].clone())
        for path, one in state.get("held", {}).items():
            if path not in self._held:
                made = like(one)
                if not plant(self._roots, path, made):
                    continue
                self._held[path] = made
            seeds.set_generator(self._held[path], one)

    def note(self) -> None:
        if self._count & (self._count - 1) == 0:
            self._look()
        states = {
            "python": random.getstate(),
            "numpy": np.random.get_state(),
            "torch": torch.get_rng_state().numpy().tobytes(),
            "held": {path: raw(one) for path, one in self._held.items()},
        }
        self._ring.write(self._worker, self._count, pickle.dumps(states, protocol=5))
        self._count += 1


class Start:
    """The user's worker_init_fn, and then ours. `resume` holds a state for each worker while those processes are made."""

    def __init__(self, given: Callable[[int], None] | None, collate: Any, shape: tuple[int, int, int]):
        self.given, self._collate, self._shape = given, collate, shape
        self.ring = Ring(*shape)
        self.resume: list[Tree] | None = None

    def renew(self, resume: list[Tree] | None) -> None:
        """For new processes: what the old ones noted must not be taken for theirs."""
        self.ring, self.resume = Ring(*self._shape), resume

    def __call__(self, worker: int) -> None:
        global _watch
        if self.given is not None:
            self.given(worker)
        info = get_worker_info()
        _watch = Watch(self.ring, worker, {"dataset": info.dataset if info is not None else None, "collate": self._collate})
        if self.resume is not None:
            _watch.start(self.resume[worker])
        _watch.note()


class Collate:
    """The user's collate_fn; in a worker it also marks the end of a batch."""

    def __init__(self, given: Callable[[Any], Any]):
        self.given = given

    def __call__(self, samples: Any) -> Any:
        batch = self.given(samples)
        if _watch is not None:
            _watch.note()
        return batch


def watched(loader: Any) -> Start:
    """Puts ours around the loader's worker_init_fn and collate_fn, once."""
    if not isinstance(loader.collate_fn, Collate):
        loader.collate_fn = Collate(loader.collate_fn)
    if not isinstance(loader.worker_init_fn, Start):
        known = len(held({"dataset": loader.dataset, "collate": loader.collate_fn}))
        # A worker is at most prefetch_factor batches ahead of what was used; one more is being written.
        shape = (loader.num_workers, (loader.prefetch_factor or 2) + 4, GLOBALS + EACH * (known + 2))
        loader.worker_init_fn = Start(loader.worker_init_fn, loader.collate_fn, shape)
    return loader.worker_init_fn


def noted(loader: Any, iterator: Any, worker: int, count: int) -> Tree | None:
    """A worker's generators after its `count`-th batch, as tensors and plain values, fit for a checkpoint."""
    processes = getattr(iterator, "_workers", None)
    payload = loader.worker_init_fn.ring.read(worker, count, lambda: processes is not None and processes[worker].is_alive())
    if payload is None:
        return None
    states = pickle.loads(payload)  # our own worker wrote it, in memory that only it and we share
    known = {
        "python": seeds.get_generator(empty("python", states["python"])),
        "numpy": seeds.get_generator(empty("legacy", states["numpy"])),
        "torch": torch.frombuffer(bytearray(states["torch"]), dtype=torch.uint8),
    }
    own = {path: seeds.get_generator(empty(*one)) for path, one in states["held"].items()}
    return {**known, "held": own} if own else known
