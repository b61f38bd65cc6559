"""A data set whose workers are yet to be forked stays as the project made it, whatever is looked at in this process: what it makes on first use
(a generator, an open file) each worker makes for itself, and must not inherit. Not here: generators that are there already (held.py)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch.utils.data import Dataset

from gonogo.found import is_users

DEPTH = 6


@contextmanager
def untouched(dataset: Any, workers: int) -> Iterator[None]:
    """Attributes that are bound anew inside are bound again to what they were; without workers nothing is done."""
    kept = [(one, dict(vars(one))) for one in _parts(dataset)] if workers > 0 else []
    try:
        yield
    finally:
        for one, before in kept:
            now = vars(one)
            for key in [key for key in now if key not in before]:
                del now[key]
            for key, value in before.items():
                if now.get(key) is not value or key not in now:
                    now[key] = value


def _parts(value: Any, depth: int = 0, seen: set[int] | None = None) -> Iterator[Any]:
    """The data set, those within it, and what the project wrote and they hold: transforms, readers."""
    seen = set() if seen is None else seen
    if id(value) in seen or depth > DEPTH:
        return
    seen.add(id(value))
    if isinstance(value, (list, tuple)) and len(value) <= 64:
        for item in value:
            yield from _parts(item, depth + 1, seen)
    elif hasattr(value, "__dict__") and not isinstance(value, type) and (isinstance(value, Dataset) or is_users(value)):
        yield value
        for item in list(vars(value).values()):
            yield from _parts(item, depth + 1, seen)


def workers_of(subject: Any, name: str) -> int:
    """Processes that decode a split; the data set of training may be that of others, too."""
    experiment = subject.experiment
    loaders = [getattr(experiment, f"{one}_loader", None) for one in ("train", name)]
    own = max((int(getattr(one, "num_workers", 0) or 0) for one in loaders if one is not None), default=0)
    return max(own, int(getattr(experiment, "workers", 0) or 0))
