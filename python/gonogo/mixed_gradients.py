"""Gradients of one update that were made at two different places: with an update of another optimizer in between.
Not here: gradients that are never cleared (the check O2 counts them)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch

from gonogo.found import Found


class Mixed:
    """Kept from one step to the next: a gradient may wait for the next step's update."""

    def __init__(self) -> None:
        #: Of the last step: optimizer → how many of its parameters were updated with such a sum.
        self.of: dict[str, int] = {}
        self._steps = 0
        #: Parameter → updates that had been made when each part of its gradient came.
        self._parts: dict[int, set[int]] = {}

    @contextmanager
    def noted(self, found: Found) -> Iterator[None]:
        self.of = {}
        if len(found.optimizers) < 2:
            yield
            return
        with ExitStack() as undo:
            for parameter in found.parameters.values():
                if parameter.requires_grad and parameter.is_leaf:
                    undo.callback(parameter.register_hook(lambda _gradient, one=parameter: self._came(one)).remove)
            for name, optimizer in found.optimizers.items():
                undo.callback(optimizer.register_step_pre_hook(lambda one, *_, name=name: self._used(name, one)).remove)
            yield

    def _came(self, parameter: torch.Tensor) -> None:
        there = parameter.grad
        fresh = there is None or there.layout == torch.strided and not bool(there.detach().any())
        parts = set() if fresh else self._parts.get(id(parameter), set())
        self._parts[id(parameter)] = {*parts, self._steps}

    def _used(self, name: str, optimizer: Any) -> None:
        held = [one for group in optimizer.param_groups for one in group["params"]]
        mixed = sum(1 for one in held if one.grad is not None and len(self._parts.get(id(one), ())) > 1)
        self._steps += 1
        if mixed:
            self.of[name] = mixed
