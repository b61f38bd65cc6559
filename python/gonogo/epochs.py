"""A script's own loop of one epoch, driven step by step: `adapt(…, train_epoch=fn)` where fn(loader) goes through one epoch.
Not here: how a loop is held between two batches (driven.py), and loops of frameworks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from gonogo import state
from gonogo.driven import Driven
from gonogo.errors import Fault
from gonogo.found import find
from gonogo.own_step import backward_noted, values_of
from gonogo.reseeding import Reseeding, places


class Epochs:
    """Runs train_epoch(loader), for each epoch anew. A position that jumps, after a load or a reset, begins a new pass."""

    def __init__(self, experiment: Any, train_epoch: Callable[[Any], Any]):
        self._experiment, self._train_epoch = experiment, train_epoch
        self._driven: Driven | None = None
        self._version = -1
        self._scalers: list[Any] = []
        self.reseeding = Reseeding()

    def begin(self) -> None:
        """What the loop does before it asks for a batch (negatives drawn anew, say) comes before a batch is drawn, as in the script.
        In the middle of an epoch that was done when the epoch began: what it has moved (a count of epochs, a rate) is put back."""
        driven, progress = self._at_hand(), self._experiment.progress
        if driven.at != "unbegun" or progress.batch == 0:
            begins, before = driven.at == "unbegun" and progress.batch == 0, places()
            driven.start()
            if begins:
                self.reseeding.note(progress.epoch, before, places())
            return
        generators, sections = progress.generators(), state.read(self._experiment, find(self._experiment), False)
        kept = state.copied({name: tree for name, tree in sections.items() if name not in ("rng", "position", "mode")})
        driven.start()
        state.put(self._experiment, find(self._experiment), kept)
        progress.set_generators(generators)

    def rehearse(self) -> None:
        """Only what the loop does before its first batch. A data set may hold nothing until then (negatives that are drawn anew)."""
        try:
            self._at_hand().start()
        except Exception:
            return  # the loop itself will say it
        assert self._driven is not None
        self._driven.stop()
        self._driven = None

    def step(self, batch: Any) -> dict[str, Any]:
        driven = self._at_hand()
        losses: list[torch.Tensor] = []
        with backward_noted(losses):
            driven.step(batch)
        if not losses:
            raise Fault("LOSS_MISSING", "train_epoch called no backward() for a batch", expected="loss.backward() in each pass of its loop")
        scale = float(self._scalers[0].get_scale()) if self._scalers else 1.0
        return values_of(losses, scale)

    def end(self) -> None:
        if self._driven is not None and not self._driven.ended and self._driven.at == "batch":
            self._driven.end_epoch()

    def _at_hand(self) -> Driven:
        version = self._experiment.progress.version
        if self._driven is not None and (self._version != version or self._driven.ended):
            self._driven.stop()
            self._driven = None
        if self._driven is None:
            loader = self._experiment.train_loader
            self._version = version
            self._scalers = [one for one in find(self._experiment).scalers.values() if one.is_enabled()]
            # One epoch, and then another: what the loop does before its first batch comes after the evaluation and the save between them.
            self._driven = Driven(self._train_epoch, length=lambda: len(loader), like=loader, name="train_epoch")
        return self._driven


@contextmanager
def modes_kept(experiment: Any) -> Iterator[None]:
    """A loop that sets model.train() once an epoch does not expect to be evaluated within one: each module's mode is put back."""
    modes = [(part, part.training) for module in vars(experiment).values() if isinstance(module, nn.Module) for part in module.modules()]
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training
