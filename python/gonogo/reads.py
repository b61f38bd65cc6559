"""Which files an experiment reads, noted as Python opens them: a pass of the preflight is bound to them.
Not here: what a library opens by itself in C; the manifest of the data samples that."""

from __future__ import annotations

import os
import sys
from typing import Any

from gonogo.errors import INSTALLED, OURS

_noted: set[str] = set()
_written: set[str] = set()
_watching = False
#: More than this, and the list says nothing any more.
MOST = 100_000
_SYSTEM = ("/proc/", "/sys/", "/dev/", "/etc/")


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "open" or len(_noted) > MOST:
        return
    path, mode, flags = arguments
    if not isinstance(path, (str, bytes, os.PathLike)):
        return
    try:
        writes = any(letter in mode for letter in "wax+") if isinstance(mode, str) else bool((flags or 0) & (os.O_WRONLY | os.O_RDWR))
        (_written if writes else _noted).add(os.fsdecode(path))
    except (TypeError, ValueError):
        pass


def note() -> None:
    """From now on; a process that was forked goes on with what its parent noted."""
    global _watching
    if not _watching:
        sys.addaudithook(_hook)
        _watching = True


def files() -> list[str] | None:
    """Paths that were opened to be read and never to be written, absolute; None where they were too many."""
    if len(_noted) > MOST:
        return None
    written = {os.path.abspath(path) for path in _written}
    found = {os.path.abspath(path) for path in _noted} - written
    return sorted(path for path in found if not path.startswith((OURS, *INSTALLED, *_SYSTEM)) and "site-packages" not in path and not path.endswith(".pyc"))
