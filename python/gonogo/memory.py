"""Memory of this process, now. Not here: its slope over a run, which is a check's."""

from __future__ import annotations

import os
from typing import Any


def now() -> dict[str, Any]:
    """Bytes: resident set, and of the current CUDA device where one is in use. Microseconds to ask."""
    import torch

    cuda = torch.cuda.is_available() and torch.cuda.is_initialized()
    return {
        "rss": resident(),
        "allocated": torch.cuda.memory_allocated() if cuda else None,
        "reserved": torch.cuda.memory_reserved() if cuda else None,
        "peak": torch.cuda.max_memory_allocated() if cuda else None,
    }


def resident() -> int | None:
    """Null where the system has no cheap way to tell."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None
