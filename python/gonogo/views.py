"""Two fields of a training batch that go through the model and are one and the same: two views that are none.
Not here: augmentation that repeats from epoch to epoch (samples.py)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch

from gonogo import batches
from gonogo.found import Found

#: No more elements than this are compared.
LARGEST = 8_000_000


def tensors_of(batch: Any, name: str = "", depth: int = 0) -> Iterator[tuple[str, torch.Tensor]]:
    """Tensors of a batch by path, those of views in a list too."""
    for key, value in batches.fields(batch).items() if not depth or isinstance(batch, dict) else enumerate(batch):
        path = f"{name}.{key}" if name else key
        if isinstance(value, torch.Tensor):
            yield path, value
        elif isinstance(value, (list, tuple, dict)) and depth < 2 and len(value) <= 16:
            yield from tensors_of(value, path, depth + 1)


def twins(batch: Any) -> list[tuple[str, torch.Tensor, str, torch.Tensor]]:
    """Pairs of different fields with the same measured values: of more than a number a sample, in several samples that differ."""
    named = [(name, one) for name, one in tensors_of(batch) if one.is_floating_point() and one.ndim > 1 and one.numel() <= LARGEST and len(one) >= 4]
    found = []
    for at, (name, one) in enumerate(named):
        for other, two in named[at + 1 :]:
            apart = one.data_ptr() != two.data_ptr() and one.shape == two.shape and one[0].numel() >= 8
            if apart and torch.equal(one, two) and not bool((one[1:] == one[:1]).all()):
                found.append((name, one, other, two))
    return found


class Views:
    """Which of them reach a module, by themselves or joined."""

    def __init__(self, batch: Any):
        self._pairs = twins(batch)
        self._reached: set[str] = set()

    @contextmanager
    def noted(self, found: Found) -> Iterator[None]:
        if not self._pairs:
            yield
            return
        with ExitStack() as undo:
            for module in found.modules.values():
                for part in module.modules():
                    undo.callback(part.register_forward_pre_hook(self._noting, with_kwargs=True).remove)
            yield

    def _noting(self, _module: Any, arguments: Any, named: Any) -> None:
        for one in (*arguments, *named.values()):
            if not isinstance(one, torch.Tensor) or not one.is_floating_point():
                continue
            for name, first, other, second in self._pairs:
                for field, value in ((name, first), (other, second)):
                    if one.data_ptr() == value.data_ptr() and one.shape == value.shape:
                        self._reached.add(field)
                if one.shape[1:] == first.shape[1:] and len(one) == 2 * len(first) and torch.equal(one, torch.cat([first, second]).to(one)):
                    self._reached |= {name, other}

    def report(self) -> list[list[str]]:
        """Pairs of fields that hold the same, both of which went into a module."""
        return [[name, other] for name, _, other, _ in self._pairs if {name, other} <= self._reached]
