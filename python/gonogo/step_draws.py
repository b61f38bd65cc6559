"""What a step draws at random by itself: noise, time steps, masks. Digests, so that two steps can be compared.
Not here: dropout, and what a data set draws (samples.py)."""

from __future__ import annotations

from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from gonogo import batches

DRAWING = {"rand", "randn", "randint", "randperm", "rand_like", "randn_like", "randint_like", "normal", "bernoulli", "multinomial", "normal_", "uniform_", "random_", "bernoulli_", "exponential_"}
#: Draws of a step that are kept, and values of one: fewer may well be equal by chance.
MOST, FEWEST, LARGEST = 16, 8, 4_000_000


class Draws(TorchFunctionMode):
    """Notes draws while it is entered."""

    def __init__(self) -> None:
        super().__init__()
        self.digests: list[str] = []

    def __torch_function__(self, function: Any, types: Any, arguments: Any = (), named: Any = None) -> Any:
        generator = (named or {}).get("generator")
        start = None if generator is None else batches.bytes_digest(generator.get_state())
        made = function(*arguments, **(named or {}))
        if getattr(function, "__name__", "") in DRAWING and isinstance(made, torch.Tensor) and FEWEST <= made.numel() <= LARGEST and len(self.digests) < MOST:
            flat = made.detach()
            # a coin that falls alike each time, or a range of one number, is no draw
            if not bool((flat == flat.reshape(-1)[0]).all()):
                # what a generator of the step's own gives may follow the batch: where it stands tells as much
                self.digests.append(start or batches.bytes_digest(flat))
        return made
