"""Whether a loop of an epoch puts the global generators to one place whenever it begins: it seeds them with a constant.
Not here: noise that a step seeds (step_draws.py), and where generators stand after a resume (state.py)."""

from __future__ import annotations

import random

import numpy as np
import torch

from gonogo import batches


def places() -> dict[str, str]:
    """Where each of the global generators stands."""
    return {
        "torch": batches.bytes_digest(torch.get_rng_state()),
        "numpy": batches.bytes_digest(np.random.get_state()[1]),
        "random": str(hash(random.getstate())),
    }


class Reseeding:
    """Beginnings of epochs, as far as they were seen."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], tuple[int, str]] = {}
        self.found: set[str] = set()

    def note(self, epoch: int, before: dict[str, str], after: dict[str, str]) -> None:
        """Two epochs that come from different places and begin at the same one."""
        for name, place in after.items():
            if place == before[name]:
                continue  # nothing was drawn, nor seeded
            earlier, came = self._seen.setdefault((name, place), (epoch, before[name]))
            if earlier != epoch and came != before[name]:
                self.found.add(name)
