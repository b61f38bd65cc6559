"""Memory of this process, now. Not here: its slope over a run, which is a check's."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from typing import Any


#: Operations at which counting ends.
MOST = 1_000_000


def now(census: bool = False) -> dict[str, Any]:
    """Bytes: resident set, and of the current CUDA device where one is in use. Microseconds to ask, without a census."""
    import torch

    cuda = torch.cuda.is_available() and torch.cuda.is_initialized()
    return {
        "rss": resident(),
        "allocated": torch.cuda.memory_allocated() if cuda else None,
        "reserved": torch.cuda.memory_reserved() if cuda else None,
        "peak": torch.cuda.max_memory_allocated() if cuda else None,
        **({"graphs": graphs()} if census else {}),
    }


def graphs() -> int:
    """Operations in the graphs that live tensors hold. Tenths of a second: every object of the process is looked at."""
    global _held
    found = _reachable()
    if found > _held:
        # What only the collector has not come to yet is not held; and to run it takes longest.
        gc.collect()
        found = _reachable()
    _held = found
    return found


_held = 0


def _reachable() -> int:
    import torch

    kinds = set(_below(torch.Tensor))
    # By its exact type: isinstance() asks lazy modules for their class, and they import what they stand for.
    ahead = [one.grad_fn for one in gc.get_objects() if type(one) in kinds and one.grad_fn is not None]
    # A running sum of losses is one tensor whose graph grows, so tensors alone do not tell.
    seen = {id(one): one for one in ahead}
    while ahead and len(seen) < MOST:
        for one, _ in ahead.pop().next_functions:
            if one is not None and id(one) not in seen:
                seen[id(one)] = one
                ahead.append(one)
    return len(seen)


def _below(kind: type) -> Iterator[type]:
    yield kind
    for one in kind.__subclasses__():
        yield from _below(one)


def resident() -> int | None:
    """Null where the system has no cheap way to tell."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None


def room(device: Any) -> dict[str, int] | None:
    """Bytes that this process takes, and that are free where its tensors lie; None where the system does not tell."""
    import torch

    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return {"used": torch.cuda.memory_reserved(device), "free": free}
    used, free = resident(), available()
    return None if used is None or free is None or device.type != "cpu" else {"used": used, "free": free}


def available() -> int | None:
    """Of the machine, or of what a container leaves of it."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            found = next(int(line.split()[1]) * 1024 for line in file if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        return None
    try:
        limits = [open(f"/sys/fs/cgroup/{name}", encoding="ascii").read().strip() for name in ("memory.max", "memory.current")]
        return found if limits[0] == "max" else min(found, int(limits[0]) - int(limits[1]))
    except (OSError, ValueError):
        return found
