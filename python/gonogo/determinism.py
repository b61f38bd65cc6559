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
#: Libraries read these when they start. cuBLAS repeats itself with a workspace of its own. MKL's products of matrices hang on where in
#: memory their operands lie, in the last places, unless it is told to repeat itself; AUTO takes the fastest way that does.
READ_AT_START = {"CUBLAS_WORKSPACE_CONFIG": ":4096:8", "MKL_CBWR": "AUTO"}
#: How PyTorch says it, in front of which the operation stands.
SAYS = re.compile(r"^(?P<name>.+?) (does not have a deterministic implementation|defaults to a non-deterministic algorithm)|(?P<blas>CuBLAS)", re.I)
FILTER = r"(?s).*(does not have a deterministic implementation|defaults to a non-deterministic algorithm|uses CuBLAS)"
#: Bytes of results that are kept for their spread; beyond them operations are named all the same.
ROOM = 512 * 1024 * 1024
#: Operations that draw numbers: equal inputs give other results wherever a generator is not put back.
DRAWS = re.compile(r"rand|bernoulli|normal|uniform|dropout|multinomial|poisson|exponential|geometric|cauchy")


def set_mode(mode: str) -> None:
    """Before CUDA starts, and before the project's own code, whose settings win."""
    if mode not in MODES:
        raise ValueError(f"deterministic is {' or '.join(MODES)}, not {mode}")
    if mode == "off":
        return
    for name, value in READ_AT_START.items():
        os.environ.setdefault(name, value)
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
    """Every operation of a step, with digests of what went in and came out. A later pass is compared with the first as it goes."""

    def __init__(self, first: Trace | None = None):
        super().__init__()
        self._first = first
        self._room = ROOM
        self._together = True
        self.calls: list[Call] = []
        #: Operations with equal inputs and other results, as they are told.
        self.differing: list[dict[str, Any]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = str(func).removeprefix("aten.").rsplit(".", 1)[0]
        inputs = _digests((args, kwargs or {}))
        found = func(*args, **(kwargs or {}))
        # What an operation writes into counts as its result: foreach kernels and in-place sums return nothing new.
        results = list(_tensors((found, args if _writes(func) else ())))
        call = Call(name, inputs, _digests(results))
        if self._first is None:
            size = sum(one.nbytes for one in results)
            if size <= self._room:
                self._room -= size
                call.kept = [one.detach().to("cpu", copy=True) for one in results]
        else:
            self._compare(self._first.calls, call, results)
        self.calls.append(call)
        return found

    def _compare(self, calls: list[Call], call: Call, results: list[torch.Tensor]) -> None:
        place = len(self.calls)
        # Where the program itself has taken another way, nothing after it can be compared.
        self._together = self._together and place < len(calls) and calls[place].name == call.name
        if not self._together:
            return
        before = calls[place]
        # Memory that nothing has written yet holds anything.
        if before.inputs != call.inputs or before.results == call.results or call.name.removeprefix("new_").startswith("empty"):
            return
        spread = None if before.kept is None else max(_spread(one, other.detach().cpu()) for one, other in zip(before.kept, results))
        coarse = any(one.dtype in (torch.float16, torch.bfloat16) for one in results)
        self.differing.append({"operation": call.name, "where": users_line(), "spread": spread, "coarse": coarse, "draws": DRAWS.search(call.name) is not None})


@dataclass
class Call:
    name: str
    inputs: str
    results: str
    kept: list[torch.Tensor] | None = None


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


def _digests(value: Any) -> str:
    return " ".join(digest(one) for one in _tensors(value))


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


def repeated(step: Callable[[], Any], back: Callable[[], None], times: int) -> tuple[list[dict[str, Any]], str | None]:
    """One step, and `times` more from the same state: the operations that differed, in their order; and why nothing could be told."""
    try:
        first = Trace()
        with first:
            step()
        found: dict[str, dict[str, Any]] = {}
        for _ in range(times):
            back()
            again = Trace(first)
            with again:
                step()
            for told in again.differing:
                kept = found.setdefault(told["operation"], told)
                if told["spread"] is not None:
                    kept["spread"] = max(kept["spread"] or 0.0, told["spread"])
        return list(found.values()), None
    except Exception as error:  # a compiled model, or an operation that bears no onlooker: the step itself has run without one
        return [], f"{type(error).__name__}: {error}".splitlines()[0]
    finally:
        back()
