"""Runs a command and prints the seconds it took and the largest memory that it and all its children held at one time.
Proportional shares: pages that forked processes share are counted once. Not a profiler."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path


def children(of: int) -> list[int]:
    """The process and everything that descends from it."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(path.parent.name))
    found = [of]
    for pid in found:
        found += parents.get(pid, [])
    return found


def share(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return 0


def main() -> int:
    began, peak, each = time.monotonic(), 0, 0
    # In a group of its own, so that workers which outlive their parent for a moment are still found below us.
    process = subprocess.Popen(sys.argv[1:], env=os.environ)
    while process.poll() is None:
        shares = [share(pid) for pid in children(process.pid)]
        peak, each = max(peak, sum(shares)), max([each, *shares])
        time.sleep(0.25)
    print(f"\n{time.monotonic() - began:.1f} s; {peak / 2**30:.2f} GiB at most in all processes, {each / 2**30:.2f} GiB in one", flush=True)
    return process.returncode


if __name__ == "__main__":
    sys.exit(main())
