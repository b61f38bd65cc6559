"""Determinism, set and named: PyTorch's switches, the operations that it says have no deterministic kernel, and the operations
that gave other results for equal inputs when one step was repeated. Not here: seeds (seeds.py), and what a difference means."""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from gonogo.errors import is_project_file, shown
from gonogo.state import digest

MODES = ("warn", "error", "off")
#: How PyTorch says it, in front of which the operation stands.
SAYS = re.compile(r"^(?P<name>.+?) (does not have a deterministic implementation|defaults to a non-deterministic algorithm)|(?P<blas>CuBLAS)", re.I)
FILTER = r"(?s).*(does not have a deterministic implementation|defaults to a non-deterministic algorithm|uses CuBLAS)"
#: Operations that draw numbers: equal inputs give other results wherever a generator is not put back.
DRAWS = re.compile(r"rand|bernoulli|normal|uniform|dropout|multinomial|poisson|exponential|geometric|cauchy")


def set_mode(mode: str) -> None:
    """Before CUDA starts, and before the project's own code, whose settings win."""
    if mode not in MODES:
        raise ValueError(f"deterministic is {' or '.join(MODES)}, not {mode}")
    if mode == "off":
        return
    # cuBLAS is deterministic with a workspace of its own; it reads this when it starts.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
    torch.utils.deterministic.fill_uninitialized_memory = False
    # The same as use_deterministic_algorithms(True), which also imports a compiler for a second or two.
    torch.set_deterministic_debug_mode(mode)


def mode() -> str:
    """What holds now: the project may have changed it."""
    return ("off", "warn", "error")[torch.get_deterministic_debug_mode()]


def advice() -> str | None:
    """What the user can still switch on."""
    return "set engine.torch.deterministic to warn: PyTorch then takes kernels that repeat, where it has them" if mode() == "off" else None


class Named:
    """Operations that PyTorch itself calls non-deterministic, each once, with the user's line where there is one."""

    def __init__(self) -> None:
        self.found: dict[str, str | None] = {}

    @contextmanager
    def listening(self) -> Iterator[None]:
        if mode() != "warn":
            yield
            return
        before = warnings.showwarning

        def show(message: Any, category: type, filename: str, lineno: int, *rest: Any) -> None:
            name = said(str(message))
            if name is None:
                before(message, category, filename, lineno, *rest)
            elif self.found.get(name) is None:
                self.found[name] = users_line()

        # In front of the project's own filters, many of which switch every warning off. Where it stands there already it is left
        # alone: each change makes Python show all warnings once more.
        first = warnings.filters[0] if warnings.filters else None
        if first is None or getattr(first[1], "pattern", None) != FILTER:
            warnings.filterwarnings("default", message=FILTER, category=UserWarning)
        warnings.showwarning = show
        try:
            yield
        finally:
            if warnings.showwarning is show:
                warnings.showwarning = before


def said(message: str) -> str | None:
    """The operation that a warning of PyTorch's calls non-deterministic."""
    found = SAYS.search(message)
    return None if found is None else (found["name"] or "cuBLAS").strip()


def users_line() -> str | None:
    """`file:line` of the nearest frame of the project."""
    frame = sys._getframe(1)
    while frame is not None:
        if is_project_file(frame.f_code.co_filename):
            return f"{shown(frame.f_code.co_filename)}:{frame.f_lineno}"
        frame = frame.f_back  # type: ignore[assignment]
    return None


class Trace(TorchDispatchMode):
    """Every operation of a step, with digests of what went in and came out; the results themselves at the places in `keep` alone."""

    def __init__(self, keep: frozenset[int] = frozenset()):
        super().__init__()
        self._keep = keep
        self.calls: list[Call] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = str(func).removeprefix("aten.").rsplit(".", 1)[0]
        inputs = _digests((args, kwargs or {}))
        found = func(*args, **(kwargs or {}))
        # What an operation writes into counts as its result: foreach kernels and in-place sums return nothing new.
        results = list(_tensors((found, args if _writes(func) else ())))
        place = len(self.calls)
        if place in self._keep:
            self.calls.append(Call(name, inputs, _digests(results), [_on_cpu(one) for one in results], users_line()))
        else:
            self.calls.append(Call(name, inputs, _digests(results)))
        return found


@dataclass
class Call:
    name: str
    inputs: str
    results: str
    kept: list[torch.Tensor] | None = None
    where: str | None = None


def _writes(func: Any) -> bool:
    schema = getattr(func, "_schema", None)
    return bool(schema is not None and schema.is_mutable)


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        if value.layout == torch.strided:
            yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _tensors(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _tensors(item)


def _on_cpu(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().to("cpu", copy=True)


def _digests(value: Any) -> str:
    return " ".join(digest(one) for one in _tensors(value))


def _parted(first: Trace, again: Trace) -> Iterator[int]:
    """Places with equal inputs and other results, as long as both went the same way."""
    for place, (a, b) in enumerate(zip(first.calls, again.calls)):
        if a.name != b.name:
            return
        # Memory that nothing has written yet holds anything.
        if a.inputs == b.inputs and a.results != b.results and not a.name.removeprefix("new_").startswith("empty"):
            yield place


def _spread(before: torch.Tensor, now: torch.Tensor) -> float:
    """Largest distance, relative to the largest number; infinite where they cannot be compared."""
    if before.shape != now.shape or before.dtype != now.dtype:
        return float("inf")
    a, b = before.to(torch.float64), now.to(torch.float64)
    if not torch.equal(a.isfinite(), b.isfinite()):
        return float("inf")
    a, b = a.nan_to_num(0.0, 0.0, 0.0), b.nan_to_num(0.0, 0.0, 0.0)
    apart = float((a - b).abs().max()) if a.numel() else 0.0
    return apart / float(torch.maximum(a.abs().max(), b.abs().max())) if apart else 0.0


def _told(call: Call) -> dict[str, Any]:
    kept = call.kept or []
    coarse = any(one.dtype in (torch.float16, torch.bfloat16) for one in kept)
    return {"operation": call.name, "where": call.where, "spread": 0.0, "coarse": coarse, "draws": DRAWS.search(call.name) is not None}


def repeated(step: Callable[[], Any], back: Callable[[], None], times: int) -> tuple[list[dict[str, Any]], str | None]:
    """One step again and again from the same state: the operations that differed, in their order; and why nothing could be told."""

    def run(keep: frozenset[int] = frozenset()) -> Trace:
        back()
        trace = Trace(keep)
        with trace:
            step()
        return trace

    try:
        first = run()
        places = frozenset(place for _ in range(times) for place in _parted(first, run()))
        found: dict[str, dict[str, Any]] = {}
        if places:
            # Once more with the results themselves: how far apart they are.
            first = run(places)
            runs = [run(places) for _ in range(times)]
            for place in sorted(places):
                call = first.calls[place]
                told = found.setdefault(call.name, _told(call))
                for other in runs:
                    if place in _parted(first, other):
                        pairs = zip(call.kept or [], other.calls[place].kept or [])
                        told["spread"] = max(told["spread"], *(_spread(a, b) for a, b in pairs))
        return list(found.values()), None
    except Exception as error:  # a compiled model, or an operation that bears no onlooker: the step itself has run without one
        return [], f"{type(error).__name__}: {error}".splitlines()[0]
    finally:
        back()
