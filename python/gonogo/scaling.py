"""Listens to every GradScaler: by how much the gradients at hand are multiplied, and which optimizers it was asked to step.
Not here: scaling itself, which is PyTorch's (precision.py makes the managed one)."""

from __future__ import annotations

import functools
import weakref
from typing import Any

import torch


class Scaling:
    """What the scalers did in this step. A scaler's class is watched, not the object: that one may be pickled."""

    def __init__(self) -> None:
        #: Scaled gradients are wanted: the reading waits for the device.
        self.observing = False
        #: A scaler was at work since begin().
        self.heard = False
        self._asked: set[int] = set()
        self._current: Any = None
        _listening.add(self)

    def attach(self, scalers: dict[str, Any]) -> None:
        for scaler in scalers.values():
            _listen(type(scaler))

    def begin(self) -> None:
        self.heard, self._asked, self._current = False, set(), None

    def asked(self, optimizer: torch.optim.Optimizer) -> bool:
        """A scaler was asked to step it; where it did not step, it has skipped the update."""
        return id(optimizer) in self._asked

    def factor(self) -> float:
        """What the gradients of the backward pass under way are multiplied with."""
        return 1.0 if self._current is None else float(self._current.get_scale())

    def stepping(self, optimizer: torch.optim.Optimizer) -> None:
        self.heard = True
        self._asked.add(id(optimizer))

    def scaled(self, scaler: Any, outputs: Any) -> None:
        if not self.observing or not scaler.is_enabled():
            return
        for one in outputs if isinstance(outputs, (list, tuple)) else (outputs,):
            if isinstance(one, torch.Tensor) and one.requires_grad:
                # Several losses may be scaled before the first goes backward: the pass itself says whose gradients come.
                one.register_hook(lambda _gradient: self._begins(scaler))

    def _begins(self, scaler: Any) -> None:
        self.heard, self._current = True, scaler


def rescale(scalers: Any, factor: float) -> None:
    """Other loss scales from here on; the caller puts the scalers' state back."""
    for scaler in scalers:
        if scaler.is_enabled():
            kept = scaler.state_dict()
            scaler.load_state_dict({**kept, "scale": kept["scale"] * factor})


_listening: weakref.WeakSet[Scaling] = weakref.WeakSet()


def _listen(kind: type) -> None:
    for name, wrapped in (("step", _step), ("scale", _scale)):
        owner = next(one for one in kind.__mro__ if name in vars(one))
        original = vars(owner)[name]
        if not getattr(original, "_gonogo", False):
            made = functools.wraps(original)(wrapped(original))
            made._gonogo = True
            setattr(owner, name, made)


def _step(original: Any) -> Any:
    def step(self: Any, optimizer: Any, *arguments: Any, **named: Any) -> Any:
        for one in _listening:
            one.stepping(optimizer)
        return original(self, optimizer, *arguments, **named)

    return step


def _scale(original: Any) -> Any:
    def scale(self: Any, outputs: Any) -> Any:
        found = original(self, outputs)
        for one in _listening:
            one.scaled(self, found)
        return found

    return scale
