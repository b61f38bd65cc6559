"""Watches one step from outside: which optimizer stepped, at which rates, from which gradients, and what moved.
Not here: changing the user's step. The forced rate and the missing regularisation are put back after each probe."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch

from gonogo import trace
from gonogo.found import Found
from gonogo.norms import inner, norm, not_finite, quick_norm, quickly_not_finite, thinned
from gonogo.quiet import with_running_statistics, without_noise
from gonogo.scaling import Scaling


class Watch:
    """Hooks on every optimizer, for as long as the experiment is open."""

    def __init__(self) -> None:
        self.learning_rate: float | None = None
        self.factor = 1.0
        self.decay = True
        self.observing = False
        #: Nothing is copied: norms and counts, and of each parameter the change of some elements.
        self.frugal = False
        #: Gradients are those that the optimizer gets, averaged over the ranks: what backward() leaves is one rank's own.
        self.averaged = False
        self.suppressing = False
        #: So many elements of the whole raw gradient are noted.
        self.elements = 0
        self._places: dict[str, torch.Tensor] = {}
        self._spread: dict[str, torch.Tensor] = {}
        #: Equal rows of each gradient are counted for as long as this is set.
        self.tracing = False
        self.twins: dict[str, Any] = {}
        self._optimizers: dict[str, torch.optim.Optimizer] = {}
        self._updates: list[dict[str, Any]] = []
        self._last: dict[str, dict[str, Any]] = {}
        self._kept: dict[int, list[dict[str, Any]]] = {}
        self._before: dict[str, tuple[torch.Tensor, float]] = {}
        self._gradients: dict[str, float] = {}
        #: Gradients as the optimizer saw them.
        self._used: dict[str, torch.Tensor] = {}
        #: Where nothing is copied, their norms.
        self._norms: dict[str, float] = {}
        #: Optimizers that were given a closure: it makes their gradients.
        self._late: set[str] = set()
        self._bad: dict[str, int] = {}
        #: Raw gradients of the first observed step, and of each later one its inner product with them.
        self._first: dict[str, torch.Tensor] | None = None
        self._raw: dict[str, torch.Tensor] = {}
        self._dots: dict[str, float] = {}
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

    @contextmanager
    def probe(
        self, found: Found, learning_rate: float | None, regularisation: bool, observe: bool | str, frozen: bool, statistics: bool = True, factor: float = 1.0, suppress: bool = False,
        elements: int = 0,
    ) -> Iterator[None]:
        self.attach(found)
        self.elements = elements if observe else 0
        self._places = places(found.parameters, self.elements)
        self.learning_rate, self.decay, self.observing = learning_rate, regularisation, bool(observe)
        self.frugal = observe == "frugal"
        self._scaling.observing = bool(observe)
        self.factor, self.suppressing, self._first = factor, suppress, None
        with ExitStack() as undo:
            if observe or learning_rate is not None or factor != 1.0 or not regularisation:
                for name, optimizer in found.optimizers.items():
                    undo.callback(optimizer.register_step_post_hook(self._leaving(name)).remove)
            if observe:
                for name, parameter in found.parameters.items():
                    if parameter.requires_grad and parameter.is_leaf:
                        undo.callback(parameter.register_post_accumulate_grad_hook(self._noting(name)).remove)
                        self._hooked.add(name)
            if not regularisation:
                undo.enter_context(without_noise(found))
            if not statistics:
                undo.enter_context(with_running_statistics())
            if suppress:
                for name, optimizer in found.optimizers.items():
                    undo.enter_context(self._held(name, optimizer))
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
                self.factor, self.suppressing, self.elements = 1.0, False, 0
                self._places, self._spread, self._norms, self.frugal = {}, {}, {}, False
                self._before, self._gradients, self._hooked, self._used = {}, {}, set(), {}
                self._first, self._raw, self._dots, self._bad, self.twins = None, {}, {}, {}, {}

    def begin(self) -> None:
        self._updates = []
        if self._scaling.heard:
            self._scaling.begin()
        if self.observing:
            self._gradients, self._used, self._raw, self._dots, self._bad, self.twins = {}, {}, {}, {}, {}, {}
            self._spread, self._norms = {}, {}
            keep = thinned if self.frugal else _whole
            size = quick_norm if self.frugal else norm
            self._before = {name: (keep(one), size(one)) for name, one in self._found.parameters.items()}

    def before(self) -> dict[str, torch.Tensor]:
        """Parameters as they were when the observed step began."""
        return {name: one for name, (one, _) in self._before.items()}

    def end(self) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
        """The updates of this step, and with `observe` the observed fields of its record."""
        if not self._updates or len(self._optimizers) > 1:
            stepped = {update["optimizer"] for update in self._updates}
            for name, optimizer in self._optimizers.items():
                if name not in stepped:
                    self._updates.append(self._update(name, optimizer, "skipped" if self._scaling.asked(optimizer) else "accumulated"))
        if not self.observing:
            return self._updates, None
        for update in self._updates:
            if update["clippedNorm"] is not None:
                update["leftNorm"] = self._left(self._optimizers[update["optimizer"]])
        changes = {}
        for name, parameter in self._found.parameters.items():
            before, size = self._before[name]
            if self.frugal:
                changes[name] = self._roughly(name, parameter, before, size)
                continue
            moved, used = parameter.detach() - before, self._used.get(name)
            changes[name] = {
                "gradient": self._gradients.get(name),
                "clipped": None if used is None else norm(used),
                "descent": None if used is None else inner(used, moved),
                "change": norm(moved),
                "norm": size,
            }
        state = (value for one in self._found.optimizers.values() for values in one.state.values() for value in values.values())
        observed = {"parameters": changes, "nonFinite": {"gradients": sum(self._bad.values()), "optimizer": sum(map(quickly_not_finite if self.frugal else not_finite, state))}}
        if self.elements:
            observed["elements"] = [value for name, places in self._places.items() for value in (self._spread[name] if name in self._spread else torch.zeros(len(places))).tolist()]
        against = self._against()
        return self._updates, observed if against is None else {**observed, "againstFirst": against}

    def _roughly(self, name: str, parameter: torch.Tensor, before: torch.Tensor, size: float) -> dict[str, Any]:
        moved = norm(thinned(parameter) - before) * (parameter.numel() / max(1, before.numel())) ** 0.5
        return {"gradient": self._gradients.get(name), "clipped": self._norms.get(name), "descent": None, "change": moved, "norm": size}

    def _against(self) -> dict[str, float] | None:
        """The whole raw gradient against the first observed step's; null where there was none."""
        if not self._gradients or self.frugal:
            return None
        if self._first is None:
            self._first = self._raw
            return {"ratio": 1.0, "cosine": 1.0}
        left = sum(norm(one) ** 2 for one in self._first.values()) ** 0.5
        right = sum(one**2 for one in self._gradients.values()) ** 0.5
        whole = left * right
        return {"ratio": right / left if left else math.nan, "cosine": sum(self._dots.values()) / whole if whole else math.nan}

    def applied(self) -> bool:
        """An optimizer has stepped since begin()."""
        return any(update["outcome"] == "applied" for update in self._updates)

    def _noting(self, name: str) -> Callable[[torch.Tensor], None]:
        def note(parameter: torch.Tensor) -> None:
            # Raw: before the user clips, and before a zero_grad after the step.
            if parameter.grad is not None:
                self._note(name, parameter.grad, self._scaling.factor())

        return note

    def _note(self, name: str, gradient: torch.Tensor, scale: float) -> None:
        size = (quick_norm if self.frugal else norm)(gradient)
        self._gradients[name] = size / scale
        self._bad[name] = 0 if math.isfinite(size) else not_finite(gradient)
        if name in self._places:
            dense = gradient.detach().to_dense() if gradient.layout != torch.strided else gradient.detach()
            self._spread[name] = dense.reshape(-1)[self._places[name].to(dense.device)].to("cpu", torch.float64) / scale
        if self.frugal:
            return
        if self._first is None:
            self._raw[name] = gradient.detach().clone() / scale
        elif name in self._first:
            self._dots[name] = inner(self._first[name], gradient.detach()) / scale
        if self.tracing and gradient.ndim >= 2 and gradient.layout == torch.strided and gradient.numel() <= trace.LARGEST:
            self.twins[name] = trace.distinct(gradient)

    def _entering(self, name: str) -> Callable[..., None]:
        def entering(optimizer: torch.optim.Optimizer, arguments: tuple[Any, ...] = (), named: Any = {}) -> None:
            if self.learning_rate is not None or self.factor != 1.0 or not self.decay:
                self._force(optimizer)
            if self.observing and any(callable(one) for one in (*arguments, *named.values())):
                self._late.add(name)
            elif self.observing:
                self._look(optimizer)
            # A fused optimizer is called in any case, and skips by itself where the scaler has found an overflow.
            overflow = getattr(optimizer, "found_inf", None)
            skips = self.suppressing or (overflow is not None and bool(overflow))
            self._updates.append(self._update(name, optimizer, "skipped" if skips else "applied"))

        return entering

    def _force(self, optimizer: torch.optim.Optimizer) -> None:
        """Until the step is over. Where nothing is forced nothing is put back: some optimizers set their own rate in step()."""
        kept = self._kept[id(optimizer)] = []
        for group in optimizer.param_groups:
            kept.append({key: group[key] for key in ("lr", "weight_decay") if key in group})
            if self.learning_rate is not None:
                group["lr"] = self.learning_rate
            elif self.factor != 1.0 and "lr" in group:
                group["lr"] = group["lr"] * self.factor
            if not self.decay and "weight_decay" in group:
                group["weight_decay"] = 0.0

    def _look(self, optimizer: torch.optim.Optimizer) -> None:
        # A fused optimizer unscales in its own kernel; for all others the scaler has done it by now.
        given = getattr(optimizer, "grad_scale", None)
        scale, names = 1.0 if given is None else float(given), self._found.names()
        for key, parameter in self._found.parameters.items():
            if (self.averaged or key not in self._hooked) and parameter.grad is not None:
                self._note(key, parameter.grad, scale)
        for parameter in (one for group in optimizer.param_groups for one in group["params"]):
            key = names.get(id(parameter))
            # put there by hand, from autograd.grad: no backward() has told of it
            if key is not None and key not in self._gradients and parameter.grad is not None and norm(parameter.grad) > 0:
                self._note(key, parameter.grad, scale)
            if parameter.grad is not None and id(parameter) in names and self.frugal:
                self._norms[names[id(parameter)]] = quick_norm(parameter.grad) / scale
            elif parameter.grad is not None and id(parameter) in names:
                used = parameter.grad.detach().clone()
                self._used[names[id(parameter)]] = used if scale == 1.0 else used / scale

    @contextmanager
    def _held(self, name: str, optimizer: torch.optim.Optimizer) -> Iterator[None]:
        """The optimizer's step() runs its closure and applies nothing. Schedules may have put a step of theirs on it before."""
        own, entering, leaving = vars(optimizer).get("step"), self._entering(name), self._leaving(name)

        def step(closure: Callable[[], Any] | None = None, *_: Any, **__: Any) -> Any:
            optimizer._opt_called = True  # type: ignore[attr-defined]
            if closure is None:
                result = None
            else:
                with torch.enable_grad():
                    result = closure()
            entering(optimizer)
            leaving(optimizer)
            return result

        optimizer.step = step  # type: ignore[method-assign, assignment]
        try:
            yield
        finally:
            if own is None:
                del optimizer.step
            else:
                optimizer.step = own  # type: ignore[method-assign]

    def _leaving(self, name: str) -> Callable[..., None]:
        def leaving(optimizer: torch.optim.Optimizer, *_: Any) -> None:
            # Before a scheduler steps: some compute the next rate from the present one.
            for group, kept in zip(optimizer.param_groups, self._kept.pop(id(optimizer), ())):
                group.update(kept)
            if self.observing and name in self._late:
                # A step that was given a closure has made its gradients only now.
                self._late.discard(name)
                self._look(optimizer)
                for update in self._updates:
                    if update["optimizer"] == name and update["outcome"] == "applied":
                        update.update(self._norms_of(optimizer))

        return leaving

    def _update(self, name: str, optimizer: torch.optim.Optimizer, outcome: str) -> dict[str, Any]:
        rates = []
        for group in optimizer.param_groups:
            if "lr" in group:
                rates.append(float(group["lr"]))
        last = self._last.get(name)
        if last is not None and not self.observing and last["learningRates"] == rates and last["outcome"] == outcome:
            return last  # most steps are as the one before: they share what is told of them
        update: dict[str, Any] = {"optimizer": name, "outcome": outcome, "learningRates": rates, "gradientNorm": None, "clippedNorm": None}
        if not self.observing:
            self._last[name] = update
        elif outcome == "applied" or self.suppressing:
            update.update(self._norms_of(optimizer))
            # one that is stepped beside the scaler uses scaled gradients, and nobody skips for it
            if self._scaling.asked(optimizer) or self._scaling.factor() != 1.0:
                update["lossScale"] = self._scaling.factor()
        return update

    def _left(self, optimizer: torch.optim.Optimizer) -> float | None:
        """Norm of what lies in its gradients now."""
        left = [parameter.grad for group in optimizer.param_groups for parameter in group["params"] if parameter.grad is not None]
        return sum(norm(one) ** 2 for one in left) ** 0.5 if left else None

    def _norms_of(self, optimizer: torch.optim.Optimizer) -> dict[str, float]:
        """Of all its gradients together: raw, and as it saw them."""
        names = self._found.names()
        mine = [names.get(id(parameter)) or "" for group in optimizer.param_groups for parameter in group["params"]]
        return {
            "gradientNorm": sum(self._gradients.get(key, 0.0) ** 2 for key in mine) ** 0.5,
            "clippedNorm": sum(self._norms[key] ** 2 if self.frugal else norm(self._used[key]) ** 2 for key in mine if key in (self._norms if self.frugal else self._used)) ** 0.5,
        }


#: Elements of a parameter whose change stands for the whole.
def _whole(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().clone()


def _still(*_: Any, **__: Any) -> None:
    """In place of a schedule's step."""


def places(parameters: dict[str, torch.Tensor], wanted: int) -> dict[str, torch.Tensor]:
    """Evenly spaced elements of all trainable parameters, one after the other: name → places within it."""
    mine = {name: one.numel() for name, one in parameters.items() if one.requires_grad}
    whole, before, found = sum(mine.values()), 0, {}
    chosen = torch.arange(min(wanted, whole), dtype=torch.float64).mul(whole / max(1, min(wanted, whole))).floor().long()
    for name, size in mine.items():
        inside = chosen[(chosen >= before) & (chosen < before + size)] - before
        if len(inside):
            found[name] = inside
        before += size
    return found
