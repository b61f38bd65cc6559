"""A model's own calls, made again with one argument changed: which arguments its outputs answer to, and where along a sequence.
Not here: inputs as the batch has them (probes.py), and what an answer means (the checks D2 and D10)."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from gonogo import probes, seeds, state
from gonogo.found import Found, find
from gonogo.wanted import LOSSES, WHOLE, against

#: Calls that are looked at, and elements of their arguments together.
MOST, LARGEST = 8, 4_000_000

Path = tuple[Any, ...]


@dataclass
class Call:
    """One outermost call of a module that trains."""

    module: nn.Module
    name: str
    arguments: tuple[Any, ...]
    named: dict[str, Any]
    #: Argument → shares of what a cross-entropy asked for after the call.
    asked: dict[Path, dict[str, float]] = field(default_factory=dict)

    def tensors(self) -> Iterator[tuple[Path, torch.Tensor]]:
        yield from _tensors(self.arguments, (0,))
        yield from _tensors(self.named, (1,))

    def told(self, path: Path) -> str:
        """The argument's name in forward()."""
        known = list(inspect.signature(self.module.forward).parameters.values())
        at = path[1]
        if isinstance(at, int):
            plain = [one.name for one in known if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
            at = plain[at] if at < len(plain) else f"argument {at + 1}"
        return ".".join(str(one) for one in (at, *path[2:]))

    def changed(self, path: Path, value: torch.Tensor) -> Call:
        given = _put([self.arguments, self.named], path, value)
        return replace(self, arguments=tuple(given[0]), named=given[1])

    def outputs(self) -> list[torch.Tensor]:
        """As the call would give them now; generators stand where they stood, and end there."""
        with seeds.kept(), torch.no_grad():
            made = self.module(*_copied(self.arguments), **_copied(self.named))
        return [one.detach().to(torch.float64) for one in _all(made) if one.numel() and not one.is_complex()]


def _tensors(value: Any, path: Path) -> Iterator[tuple[Path, torch.Tensor]]:
    if isinstance(value, torch.Tensor):
        yield path, value
    elif isinstance(value, (list, tuple, dict)) and len(path) < 4 and len(value) <= 32:
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _tensors(one, (*path, key))


def _put(value: Any, path: Path, new: torch.Tensor) -> Any:
    if not path:
        return new
    if isinstance(value, dict):
        return {key: _put(one, path[1:], new) if key == path[0] else one for key, one in value.items()}
    items = [_put(one, path[1:], new) if at == path[0] else one for at, one in enumerate(value)]
    return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)


def _copied(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, dict):
        return {key: _copied(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        items = [_copied(one) for one in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    return value


def _all(made: Any) -> Iterator[torch.Tensor]:
    if isinstance(made, torch.Tensor):
        yield made
    elif hasattr(made, "values") and callable(made.values):
        for one in made.values():
            yield from _all(one)
    elif isinstance(made, (list, tuple)):
        for one in made:
            yield from _all(one)
    elif hasattr(made, "__dict__"):
        for one in vars(made).values():
            if isinstance(one, (torch.Tensor, list, tuple, dict)):
                yield from _all(one)


class Recorded(TorchDispatchMode):
    """Keeps, while it is entered, outermost calls of modules that train, with what a cross-entropy then asks for."""

    def __init__(self, found: Found):
        super().__init__()
        self._found, self._depth, self._undo = found, 0, ExitStack()
        self.calls: list[Call] = []

    def __enter__(self) -> Recorded:
        met: set[int] = set()
        for name, module in self._found.modules.items():
            for path, part in module.named_modules():
                if id(part) in met:
                    continue
                met.add(id(part))
                told = f"{name}.{path}" if path else name
                self._undo.callback(part.register_forward_pre_hook(lambda part, given, named, told=told: self._entering(part, told, given, named), with_kwargs=True).remove)
                self._undo.callback(part.register_forward_hook(self._leaving, always_call=True).remove)
        return super().__enter__()

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        self._undo.close()

    def _entering(self, part: nn.Module, told: str, given: Any, named: Any) -> None:
        outermost, self._depth = self._depth == 0, self._depth + 1
        if not outermost or not torch.is_grad_enabled() or len(self.calls) >= MOST:
            return
        if not any(one.requires_grad for one in part.parameters()):
            return
        call = Call(part, told, tuple(given), dict(named))
        if sum(one.numel() for _, one in call.tensors()) <= LARGEST:
            self.calls.append(replace(call, arguments=_copied(call.arguments), named=_copied(call.named)))

    def _leaving(self, *_: Any) -> None:
        self._depth -= 1

    def __torch_dispatch__(self, function: Any, types: Any, arguments: Any = (), named: Any = None) -> Any:
        places = LOSSES.get(getattr(getattr(function, "_schema", None), "name", ""))
        if places is not None:
            target, ignored = arguments[places[0]], arguments[places[1]] if len(arguments) > places[1] else -100
            for call in self.calls:
                for path, one in call.tensors():
                    if one.dtype in WHOLE and one.ndim == 2 and one.shape[1] > 3:
                        compared = against(one, target, int(ignored))
                        if compared is not None and compared["next"] + compared["same"] > sum(call.asked.get(path, {}).get(key, 0) for key in ("next", "same")):
                            call.asked[path] = compared
        return function(*arguments, **(named or {}))


def look(subject: Any, count: int) -> list[dict[str, Any]]:
    """Of one training step of so many samples, whose update is suppressed: each call, and what its outputs answer to."""
    experiment = subject.experiment
    slots = state.Slots()
    slots.capture("calls", state.read(experiment, find(experiment), subject.mid_update()), find(experiment))
    try:
        with Recorded(find(experiment)) as recorded:
            probes._one_step(subject, subject.feed().frozen(count))
        return [one for one in (_report(call) for call in recorded.calls) if one is not None]
    finally:
        slots.restore("calls", experiment, find(experiment))


def _report(call: Call) -> dict[str, Any] | None:
    try:
        plain, again = call.outputs(), call.outputs()
    except Exception:  # a call that hangs on what was there before it
        return None
    if not plain or _apart(plain, again) != 0:
        return None
    sizes = Counter(len(one) for _, one in call.tensors() if one.ndim)
    rows = sizes.most_common(1)[0][0] if sizes else 0
    one_a_sample = _lists_samples(call)
    told = []
    for path, one in call.tensors():
        stacked = one.ndim > 0 and len(one) == rows > 1 and not (len(path) > 2 and one_a_sample)
        varies = stacked and not bool((one[1:] == one[:1]).all())
        told.append({
            "name": call.told(path), "shape": list(one.shape), "varies": varies,
            "effect": _effect(call, path, one.roll(1, 0), plain) if varies else None,
            "sequence": _along(call, path, one) if call.asked.get(path) else None,
        })
    return {"module": call.name, "kind": type(call.module).__name__, "arguments": told}


def _lists_samples(call: Call) -> bool:
    """Pictures and what is in each come as lists with one thing a sample, as detectors take them: rows in there are no samples."""
    given = [*call.arguments, *call.named.values()]
    return any(isinstance(one, (list, tuple)) and len(one) > 0 and all(isinstance(each, dict) for each in one) for one in given)


def _effect(call: Call, path: Path, value: torch.Tensor, plain: list[torch.Tensor]) -> float | None:
    try:
        return _apart(plain, call.changed(path, value).outputs())
    except Exception:  # no program need take what it was never given
        return None


def _apart(left: list[torch.Tensor], right: list[torch.Tensor]) -> float | None:
    if [one.shape for one in left] != [one.shape for one in right]:
        return None
    return max((float(_difference(a, b).max()) for a, b in zip(left, right)), default=0.0)


def _difference(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """NaN where only one of them is."""
    return torch.where(torch.isnan(left) & torch.isnan(right) | (left == right), torch.zeros_like(left), (left - right).abs())


def _along(call: Call, path: Path, given: torch.Tensor) -> dict[str, Any] | None:
    """What changes before, at and from a position whose words are changed, in evaluation mode: statistics of a batch mix positions, too."""
    rows, length = given.shape
    modes = [(part, part.training) for part in call.module.modules()]
    call.module.eval()
    try:
        plain = next((one for one in call.outputs() if one.ndim > 1 and length in one.shape[1:]), None)
        if plain is None:
            return None
        axis = next(at for at in range(1, plain.ndim) if plain.shape[at] == length)
        ends = (given == given[:, -1:]).flip(1).long().cumprod(1).flip(1).sum(1)
        found = []
        for position in sorted({1, length // 3, length // 2, 2 * length // 3}):
            # only words within their sentence, and by words that occur
            within = (length - ends > position) & (position > 0)
            column = given[:, position]
            known = torch.unique(given[:, : position + 1][within]) if bool(within.any()) else column[:0]
            if len(known) < 2:
                continue
            following = known[(torch.searchsorted(known, column.clamp(known[0], known[-1]).contiguous()) + 1) % len(known)]
            changed = given.clone()
            changed[:, position] = torch.where(within, following, column)
            made = next(one for one in call.changed(path, changed).outputs() if one.shape == plain.shape)
            apart = _difference(plain, made)[within].movedim(axis, 0).reshape(length, -1).amax(1)
            found.append((position, float(apart[:position].max()), float(apart[position]), float(apart[position:].max())))
    except Exception:
        return None
    finally:
        for part, training in modes:
            part.training = training
    others = sum(1 for other, one in call.tensors() if other != path and one.ndim > 1 and len(one) == rows and one.shape[1] > 3 and not torch.equal(one.float(), given.float()))
    shares = {key: call.asked[path][key] for key in ("next", "same", "second", "still", "scored")}
    return {
        **shares, "length": length, "scale": float(plain[torch.isfinite(plain)].abs().max()) if bool(torch.isfinite(plain).any()) else 0.0, "others": others,
        "positions": [one[0] for one in found], "before": [one[1] for one in found], "own": [one[2] for one in found], "after": [one[3] for one in found],
    }
