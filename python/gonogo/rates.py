"""The learning rate of the whole run without training: the schedulers are driven alone, as often as a few observed steps and an
epoch's end drove them; a step that sets it by itself is asked (asked_rates.py). Not here: what a rate should be. Everything is put back."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from gonogo import state
from gonogo.asked_rates import asked
from gonogo.found import Found, find, is_schedule
from gonogo.records import unpacked

#: Seconds for going through the run's steps.
PATIENCE = 60.0
#: Calls of a step in which an update is waited for.
LONGEST = 32

Event = tuple[str, str]

ELSE = "something else sets it"


#: Sections that may be as large as the model, or larger.
LARGE = ("parameters", "buffers", "optimizer", "ema")


def start_of(found: Found) -> dict[str, Any]:
    """Schedulers and the optimizers' settings as the run begins with them: a few numbers, kept from when it was opened."""
    return state.copied(
        {
            "schedules": {name: state.numbers(one.state_dict()) for name, one in found.schedules.items()},
            "groups": {name: _settings(one) for name, one in found.optimizers.items()},
        }
    )


def _settings(optimizer: Any) -> list[dict[str, Any]]:
    return [{key: value for key, value in group.items() if key != "params"} for group in optimizer.param_groups]


def schedule(subject: Any, probe: dict[str, Any]) -> dict[str, Any]:
    """A ScheduleReport."""
    experiment, found, slots = subject.experiment, find(subject.experiment), state.Slots()
    sections, groups = state.read(experiment, found, subject.mid_update()), None
    if probe.get("moves", False):
        sections = {name: tree for name, tree in sections.items() if name not in LARGE}
        groups = {name: _settings(one) for name, one in found.optimizers.items()}
    slots.capture("schedule", sections, found)
    first, period = experiment.progress.step, max(1, experiment.accumulate if subject.managed_steps else 0)
    watch = _Events(found)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with watch.noting():
                records: list[dict[str, Any]] = []
                pattern: list[list[Event]] = []
                ended: list[bool] = []
                while len(records) < 2 * period:
                    records += [record for group in subject.train({"steps": 1}, lambda: False) for record in unpacked(group)]
                    pattern.append(watch.taken())
                    ended.append(experiment.progress.batch == 0)
                    if not subject.managed_steps and len(records) == period < LONGEST and not _updated(found, records):
                        # A step of the project's own may accumulate by itself.
                        period += 1
                before = _rates(found)
                getattr(experiment, "_epoch_ends", experiment.on_epoch_end)()
                at_end = watch.taken()
                by_hand = not at_end and _rates(found) != before
            # Where an epoch ended within the observed steps, its events are the end's, and not the step's.
            pattern = [call[: len(call) - len(at_end)] if last and at_end else call for call, last in zip(pattern, ended)]
            _begin(found, subject.start)
            driven = _schedulers(found, pattern[-period:], at_end)
            report, seen = _drive(subject, found, pattern[-period:], at_end, probe.get("points", 200), first, len(records))
            lived = [{one["optimizer"]: one["learningRates"] for one in record["updates"]} for record in records]
            doubt = report["doubt"] or watch.doubt or _doubt(by_hand, lived, seen)
            told = asked(subject, found, lived, first) if doubt is not None and ELSE in doubt else None
    finally:
        slots.restore("schedule", experiment, find(experiment))
        for name, kept in (groups or {}).items():
            for group, settings in zip(found.optimizers[name].param_groups, kept):
                group.update(settings)
    return {**report, "schedulers": driven, "doubt": doubt} if told is None else {**report, **told, "schedulers": driven, "doubt": None}


def _updated(found: Found, records: list[dict[str, Any]]) -> bool:
    """Every optimizer has made an update."""
    made = {one["optimizer"] for record in records for one in record["updates"] if one["outcome"] == "applied"}
    return made.issuperset(found.optimizers)


def _schedulers(found: Found, pattern: list[list[Event]], at_end: list[Event]) -> list[dict[str, Any]]:
    inner = {id(part) for one in found.schedules.values() for part in _parts(one)}
    return [
        {
            "name": name,
            "kind": type(one).__name__,
            "end": _end(one),
            "perStep": sum(call.count(("schedule", name)) for call in pattern) / max(1, len(pattern)),
            "perEpoch": at_end.count(("schedule", name)),
            "detached": _detached(found, one),
        }
        for name, one in found.schedules.items()
        if id(one) not in inner
    ]


def _detached(found: Found, scheduler: Any) -> bool:
    """It moves rates that nothing steps with: no group of its optimizer is one of the program's, and yet they hold its parameters."""
    groups = getattr(getattr(scheduler, "optimizer", None), "param_groups", None)
    if not isinstance(groups, list) or not found.optimizers:
        return False
    own = [group for one in found.optimizers.values() for group in one.param_groups]
    held = {id(parameter) for group in own for parameter in group["params"]}
    mine = [id(parameter) for group in groups for parameter in group.get("params", ())]
    shared = any(group is other for group in groups for other in own)
    return bool(mine) and not shared and all(one in held for one in mine)


def _parts(scheduler: Any) -> list[Any]:
    """Schedulers that another one drives."""
    held = [item for value in vars(scheduler).values() for item in (value if isinstance(value, (list, tuple)) else (value,))]
    return [one for one in held if one is not scheduler and is_schedule(one)]


def _end(scheduler: Any) -> int | None:
    """Steps after which a scheduler has arrived where it was built to go. A warm-up by itself goes nowhere: what comes after it is long."""
    kind = type(scheduler).__name__
    if kind == "LinearLR" and scheduler.end_factor >= scheduler.start_factor:
        return None
    if kind == "SequentialLR":
        parts, cuts = getattr(scheduler, "_schedulers", []), getattr(scheduler, "_milestones", [])
        last = _end(parts[-1]) if parts else None
        return None if last is None or not cuts else int(cuts[-1]) + last
    key = {"CosineAnnealingLR": "T_max", "OneCycleLR": "total_steps", "PolynomialLR": "total_iters", "LinearLR": "total_iters"}.get(kind)
    if kind == "MultiStepLR":
        return max((int(one) for one in scheduler.milestones), default=None)
    value = None if key is None else getattr(scheduler, key, None)
    return int(value) if isinstance(value, (int, float)) and 0 < value < 2**53 else None


def _doubt(by_hand: bool, lived: list[Any], seen: list[Any]) -> str | None:
    if by_hand:
        return "on_epoch_end() sets the learning rate by itself, without a scheduler"
    for one, other in zip(lived, seen):
        for name, rates in one.items():
            if any(abs(left - right) > 1e-9 * max(abs(left), abs(right)) for left, right in zip(rates, other.get(name, rates))):
                return f"an observed step had rate {rates[0]:.6g} where the schedulers alone give {other[name][0]:.6g}: {ELSE}"
    return None


class _Events:
    """The order in which optimizers and schedulers step."""

    def __init__(self, found: Found) -> None:
        self._found, self._events, self._depth = found, [], 0
        self.doubt: str | None = None

    def taken(self) -> list[Event]:
        taken, self._events = self._events, []
        return taken

    @contextmanager
    def noting(self) -> Iterator[None]:
        with ExitStack() as undo:
            for name, optimizer in self._found.optimizers.items():
                undo.callback(optimizer.register_step_pre_hook(self._updating(name)).remove)
            for name, one in self._found.schedules.items():
                undo.enter_context(self._stepping(name, one))
            yield

    def _updating(self, name: str) -> Any:
        return lambda *_: self._events.append(("update", name))

    @contextmanager
    def _stepping(self, name: str, scheduler: Any) -> Iterator[None]:
        own, original = vars(scheduler).get("step"), scheduler.step

        def step(*arguments: Any, **named: Any) -> Any:
            # One scheduler may drive others, which the experiment holds as well.
            if self._depth == 0:
                self._events.append(("schedule", name))
                if any(value is not None for value in (*arguments, *named.values())):
                    self.doubt = f"{name}.step() is called with a value, so its rates depend on the training"
            self._depth += 1
            try:
                return original(*arguments, **named)
            finally:
                self._depth -= 1

        scheduler.step = step
        try:
            yield
        finally:
            if own is None:
                del scheduler.step
            else:
                scheduler.step = own


def _begin(found: Found, start: dict[str, Any]) -> None:
    kept = state.copied(start)
    for name, saved in kept["schedules"].items():
        if name in found.schedules:
            found.schedules[name].load_state_dict(saved)
    for name, groups in kept["groups"].items():
        if name in found.optimizers:
            for group, saved in zip(found.optimizers[name].param_groups, groups):
                group.update(saved)


def _rates(found: Found) -> dict[str, list[float]]:
    return {name: [float(group["lr"]) for group in one.param_groups if "lr" in group] for name, one in found.optimizers.items()}


def _drive(
    subject: Any, found: Found, pattern: list[list[Event]], at_end: list[Event], points: int, first: int, count: int
) -> tuple[dict[str, Any], list[Any]]:
    """The report; and the rates of the `count` steps after `first`, to be compared with those that were lived."""
    steps, epoch = subject.steps(), max(1, subject.feed().steps_per_epoch())
    wanted = {place + 1 if steps <= points else 1 + int(place * (steps - 1) / (points - 1) + 0.5) for place in range(min(points, steps))}
    extremes: dict[str, dict[str, Any]] = {}
    shown, seen, doubt, refused, until = [], [], None, None, time.monotonic() + PATIENCE
    for step in range(1, steps + 1):
        rates: dict[str, list[float]] = {}
        for kind, name in pattern[(step - 1) % len(pattern)]:
            if kind == "update":
                rates[name] = [float(group["lr"]) for group in found.optimizers[name].param_groups if "lr" in group]
            elif refused is None:
                refused = _stepped(found.schedules[name], step)
        for name, now in _rates(found).items():
            rates.setdefault(name, now)
        if step % epoch == 0:
            for kind, name in at_end:
                if kind == "schedule" and refused is None:
                    refused = _stepped(found.schedules[name], step)
        if step in wanted:
            shown.append({"step": step, "rates": rates})
        if first < step <= first + count:
            seen.append(rates)
        for name, values in rates.items():
            _widen(extremes.setdefault(name, {"min": float("inf"), "minStep": 0, "max": float("-inf"), "maxStep": 0, "zeroSteps": 0}), step, values)
        if refused is not None:
            break
        if step % 1024 == 0 and time.monotonic() > until:
            doubt = f"only the first {step} of {steps} steps were gone through"
            break
    return {"steps": steps, "points": shown, "extremes": extremes, "doubt": doubt, "refused": refused}, seen


def _stepped(scheduler: Any, step: int) -> dict[str, Any] | None:
    """Null, or why it goes no further."""
    try:
        scheduler.step()
    except Exception as error:
        return {"step": step, "message": f"{type(error).__name__}: {error}"}
    return None


def _widen(extreme: dict[str, Any], step: int, rates: list[float]) -> None:
    if not rates:
        return
    low, high = min(rates), max(rates)
    if low < extreme["min"]:
        extreme["min"], extreme["minStep"] = low, step
    if high > extreme["max"]:
        extreme["max"], extreme["maxStep"] = high, step
    extreme["zeroSteps"] += high == 0
