"""A step of the project's own, and the loss of one that returns none: what it called backward() on.
Not here: a loop of an epoch (epochs.py), and what a returned loss may look like (managed.py)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch


def own_step(experiment: Any, batch: Any) -> Any:
    """What train_step(batch) returns; where that is nothing, the losses that it called backward() on."""
    if experiment.__dict__.get("_tells_loss"):
        return experiment.train_step(batch)
    losses: list[torch.Tensor] = []
    with backward_noted(losses):
        result = experiment.train_step(batch)
    if result is None:
        return values_of(losses, 1.0) if losses else None
    experiment._tells_loss = True
    return result


def values_of(losses: list[torch.Tensor], scale: float) -> dict[str, float]:
    values = [float(loss.detach()) / scale for loss in losses]
    return {"loss": values[0]} if len(values) == 1 else {f"loss{index + 1}": value for index, value in enumerate(values)}


@contextmanager
def backward_noted(losses: list[torch.Tensor]) -> Iterator[None]:
    """Each loss.backward() inside is noted: a loop that is not ours returns no loss."""
    usual = torch.Tensor.backward

    def backward(self: torch.Tensor, *arguments: Any, **named: Any) -> Any:
        if self.numel() == 1:
            losses.append(self)
        return usual(self, *arguments, **named)

    torch.Tensor.backward = backward  # type: ignore[method-assign]
    try:
        yield
    finally:
        torch.Tensor.backward = usual  # type: ignore[method-assign]


