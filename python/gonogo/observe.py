"""Watches one step from outside: which optimizer stepped, at which rates, from which gradients, and what moved.
Not here: changing the user's step. The forced rate and the missing regularisation are put back after each probe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from gonogo.errors import is_project_file
from gonogo.found import Found
from gonogo.scaling import Scaling

# Where the noise or smoothing stands in the arguments: (position, keyword, harmless value).
NOISY: dict[str, tuple[int, str, float]] = {
    "dropout": (1, "p", 0.0),
    "dropout1d": (1, "p", 0.0),
    "dropout2d": (1, "p", 0.0),
    "dropout3d": (1, "p", 0.0),
    "alpha_dropout": (1, "p", 0.0),
    "feature_alpha_dropout": (1, "p", 0.0),
    "scaled_dot_product_attention": (4, "dropout_p", 0.0),
    "cross_entropy": (7, "label_smoothing", 0.0),
}


class Watch:
    """Hooks on every optimizer, for as long as the experiment is open."""

    def __init__(self) -> None:
        self.learning_rate: float | None = None
        self.decay = True
        self.observing = False
        #: Gradients are those that the optimizer gets, averaged over the ranks: what backward() leaves is one rank's own.
        self.averaged = False
        self._optimizers: dict[str, torch.optim.Optimizer] = {}
        self._updates: list[dict[str, Any]] = []
        self._kept: dict[int, list[dict[str, Any]]] = {}
        self._before: dict[str, tuple[torch.Tensor, float]] = {}
        self._gradients: dict[str, float] = {}
        self._found = Found()
        self._hooked: set[str] = set()
        self._scaling = Scaling()

    def attach(self, found: Found) -> None:
        """Called before each probe: the experiment may have made another optimizer meanwhile."""
        self._found = found
        self._scaling.attach(found.scalers)
        for name, optimizer in found.optimizers.items():
            if self._optimizers.get(name) is not optimizer:
                self._optimizers[name] = optimizer
                optimizer.register_step_pre_hook(self._entering(name))
                optimizer.register_step_post_hook(self._leaving(name))

    @contextmanager
    def probe(self, found: Found, learning_rate: float | None, regularisation: bool, observe: bool, frozen: bool, statistics: bool = True) -> Iterator[None]:
        self.attach(found)
        self.learning_rate, self.decay, self.observing = learning_rate, regularisation, observe
        self._scaling.observing = observe
        with ExitStack() as undo:
            if observe:
                for name, parameter in found.parameters.items():
                    if parameter.requires_grad and parameter.is_leaf:
                        undo.callback(parameter.register_post_accumulate_grad_hook(self._noting(name)).remove)
                        self._hooked.add(name)
            if not regularisation:
                undo.enter_context(without_noise(found))
            if not statistics:
                undo.enter_context(with_running_statistics())
            if frozen and learning_rate is not None:
                # Schedules stand still, as the data does: some refuse to step beyond the end of the run.
                for schedule in found.schedules.values():
                    schedule.step = _still
                    undo.callback(delattr, schedule, "step")
            try:
                yield
            finally:
                self.learning_rate, self.decay, self.observing = None, True, False
                self._scaling.observing = False
                self._before, self._gradients, self._hooked = {}, {}, set()

    def begin(self) -> None:
        self._updates = []
        self._scaling.begin()
        if self.observing:
            self._gradients = {}
            self._before = {name: (one.detach().clone(), norm(one)) for name, one in self._found.parameters.items()}

    def end(self) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
        """The updates of this step, and with `observe` each parameter's gradient and change."""
        stepped = {update["optimizer"] for update in self._updates}
        for name, optimizer in self._optimizers.items():
            if name not in stepped:
                self._updates.append(self._update(name, optimizer, "skipped" if self._scaling.asked(optimizer) else "accumulated"))
        if not self.observing:
            return self._updates, None
        changes = {}
        for name, parameter in self._found.parameters.items():
            before, size = self._before[name]
            changes[name] = {"gradient": self._gradients.get(name), "change": norm(parameter.detach() - before), "norm": size}
        return self._updates, changes

    def applied(self) -> bool:
        """An optimizer has stepped since begin()."""
        return any(update["outcome"] == "applied" for update in self._updates)

    def _noting(self, name: str) -> Callable[[torch.Tensor], None]:
        def note(parameter: torch.Tensor) -> None:
            # Raw: before the user clips, and before a zero_grad after the step.
            if parameter.grad is not None:
                self._gradients[name] = norm(parameter.grad) / self._scaling.factor()

        return note

    def _entering(self, name: str) -> Callable[..., None]:
        def entering(optimizer: torch.optim.Optimizer, *_: Any) -> None:
            self._kept[id(optimizer)] = []
            for group in optimizer.param_groups:
                self._kept[id(optimizer)].append({key: group[key] for key in ("lr", "weight_decay") if key in group})
                if self.learning_rate is not None:
                    group["lr"] = self.learning_rate
                if not self.decay and "weight_decay" in group:
                    group["weight_decay"] = 0.0
            if self.observing:
                for key, parameter in self._found.parameters.items():
                    if (self.averaged or key not in self._hooked) and parameter.grad is not None:
                        # A fused optimizer unscales in its own kernel.
                        scale = getattr(optimizer, "grad_scale", None)
                        self._gradients[key] = norm(parameter.grad) / (1.0 if scale is None else float(scale))
            # A fused optimizer is called in any case, and skips by itself where the scaler has found an overflow.
            overflow = getattr(optimizer, "found_inf", None)
            self._updates.append(self._update(name, optimizer, "skipped" if overflow is not None and bool(overflow) else "applied"))

        return entering

    def _leaving(self, name: str) -> Callable[..., None]:
        def leaving(optimizer: torch.optim.Optimizer, *_: Any) -> None:
            # Before a scheduler steps: some compute the next rate from the present one.
            for group, kept in zip(optimizer.param_groups, self._kept.pop(id(optimizer), [])):
                group.update(kept)
            if self.observing:
                # A step that was given a closure has made its gradients only now.
                for update in self._updates:
                    if update["optimizer"] == name and update["outcome"] == "applied":
                        update["gradientNorm"] = self._norm_of(optimizer)

        return leaving

    def _update(self, name: str, optimizer: torch.optim.Optimizer, outcome: str) -> dict[str, Any]:
        rates = [float(group["lr"]) for group in optimizer.param_groups if "lr" in group]
        whole = None
        if self.observing and outcome == "applied":
            whole = self._norm_of(optimizer)
        return {"optimizer": name, "outcome": outcome, "learningRates": rates, "gradientNorm": whole}

    def _norm_of(self, optimizer: torch.optim.Optimizer) -> float:
        names = self._found.names()
        mine = [names.get(id(parameter)) for group in optimizer.param_groups for parameter in group["params"]]
        return sum(self._gradients.get(key or "", 0.0) ** 2 for key in mine) ** 0.5


def _still(*_: Any, **__: Any) -> None:
    """In place of a schedule's step."""


def norm(tensor: torch.Tensor) -> float:
    """L2 norm in float64."""
    tensor = tensor.detach()
    if tensor.layout != torch.strided:
        tensor = tensor.to_dense()
    return float(torch.linalg.vector_norm(tensor, dtype=torch.complex128 if tensor.is_complex() else torch.float64))


@contextmanager
def without_noise(found: Found) -> Iterator[None]:
    """Dropout and label smoothing off, in modules and in the functions that the project calls."""
    with ExitStack() as undo:
        for module in found.modules.values():
            for part in module.modules():
                for key in _noise(part):
                    undo.callback(setattr, part, key, getattr(part, key))
                    setattr(part, key, 0.0)
        originals = {name: getattr(functional, name) for name in NOISY if hasattr(functional, name)}
        quiet = {id(original): _quiet(original, *NOISY[name]) for name, original in originals.items()}
        # `from torch.nn.functional import dropout` leaves a second name in the project's own modules.
        holders = [functional] + [one for one in list(sys.modules.values()) if is_project_file(getattr(one, "__file__", None) or "")]
        for holder in holders:
            for key, value in list(vars(holder).items()):
                if id(value) in quiet and value in originals.values():
                    undo.callback(setattr, holder, key, value)
                    setattr(holder, key, quiet[id(value)])
        yield


@contextmanager
def with_running_statistics() -> Iterator[None]:
    """Batch norm normalises with what it keeps, also in training mode: samples of a batch do not mix."""
    original = functional.batch_norm

    def batch_norm(given: Any, mean: Any, variance: Any, weight: Any = None, bias: Any = None, training: bool = False, *rest: Any, **named: Any) -> Any:
        return original(given, mean, variance, weight, bias, training and mean is None, *rest, **named)

    functional.batch_norm = batch_norm  # type: ignore[assignment]
    try:
        yield
    finally:
        functional.batch_norm = original


def _noise(part: nn.Module) -> Iterator[str]:
    if isinstance(part, nn.modules.dropout._DropoutNd):
        yield "p"
    for key in ("dropout", "dropout_p", "drop_prob", "label_smoothing"):
        value = getattr(part, key, None)
        if isinstance(value, float) and value > 0:
            yield key


def _quiet(original: Callable[..., Any], place: int, keyword: str, value: float) -> Callable[..., Any]:
    def quiet(*arguments: Any, **named: Any) -> Any:
        if len(arguments) > place:
            arguments = (*arguments[:place], value, *arguments[place + 1 :])
        else:
            named[keyword] = value
        return original(*arguments, **named)

    return quiet
