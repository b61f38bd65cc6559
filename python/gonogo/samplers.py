"""Where a loader's order comes from: also of one that was given its batch sampler, and has no batch size and no sampler of its own.
Not here: going through it (feed.py)."""

from __future__ import annotations

from typing import Any


def batch_size_of(loader: Any) -> int | None:
    """Samples in a whole batch; null where the loader does not batch, or does not tell."""
    size = getattr(loader, "batch_size", None)
    return size if size is not None else getattr(getattr(loader, "batch_sampler", None), "batch_size", None)


def sampler_of(loader: Any) -> Any:
    """What gives the order of single samples."""
    own = getattr(getattr(loader, "batch_sampler", None), "sampler", None)
    return own if getattr(loader, "batch_size", None) is None and own is not None else getattr(loader, "sampler", None)


def tell_epoch(loader: Any, epoch: int) -> None:
    """To every sampler that takes its order from the number of the epoch."""
    batch_sampler = getattr(loader, "batch_sampler", None)
    holders = (getattr(loader, "sampler", None), batch_sampler, getattr(batch_sampler, "sampler", None))
    for one in {id(holder): holder for holder in holders}.values():
        if hasattr(one, "set_epoch"):
            one.set_epoch(epoch)
