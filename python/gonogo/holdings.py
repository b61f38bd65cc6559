"""Objects with state that a script holds in its globals or closures: they train along, so they belong to its state.
Not here: naming their tensors (found.py). Modules that no optimizer knows stay outside: a teacher is not ours to judge."""

from __future__ import annotations

import dis
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader

from gonogo.found import COUNTER, is_average, is_schedule, is_users
from gonogo.held import KINDS
from gonogo.held import held as held_generators


def stateful(namespace: Mapping[str, Any], functions: list[Callable[..., Any]], held: Mapping[str, Any]) -> dict[str, Any]:
    """Optimizers, schedules, loss scalers and averages by name; modules too where an optimizer holds their parameters."""
    candidates = {name: value for name, value in [*namespace.items(), *_closed_over(functions)] if not name.startswith("__")}
    found = {name: value for name, value in candidates.items() if _trains_along(name, value)}
    # an environment that draws how its episodes begin, say
    here = {id(value) for value in held.values()}
    found.update({name: value for name, value in candidates.items() if name not in found and id(value) not in here and _draws(value)})
    optimizers = [one for one in [*held.values(), *found.values()] if isinstance(one, torch.optim.Optimizer)]
    owned = {id(parameter) for one in optimizers for group in one.param_groups for parameter in group["params"]}
    inside = {id(part) for one in held.values() if isinstance(one, nn.Module) for part in one.modules()}
    for name, value in candidates.items():
        if isinstance(value, nn.Module) and id(value) not in inside and any(id(one) in owned for one in value.parameters()):
            found.setdefault(name, value)
    return found


def _trains_along(name: str, value: Any) -> bool:
    if isinstance(value, (type, types.ModuleType)) or callable(value) and not hasattr(value, "state_dict"):
        return False
    if isinstance(value, torch.optim.Optimizer) or is_schedule(value) or type(value).__name__ == "GradScaler":
        return True
    return is_average(name, value) and not isinstance(value, (str, int, float))


def _draws(value: Any) -> bool:
    """An object of a class of the project's own that holds a generator."""
    apart = isinstance(value, (type, types.ModuleType, types.FunctionType, nn.Module, DataLoader, *KINDS))
    return not apart and is_users(value) and not callable(value) and bool(held_generators({"it": value}))


def _closed_over(functions: list[Callable[..., Any]]) -> Iterator[tuple[str, Any]]:
    for function in functions:
        code, cells = getattr(function, "__code__", None), getattr(function, "__closure__", None)
        for name, cell in zip(code.co_freevars if code is not None else (), cells or ()):
            try:
                yield name, cell.cell_contents
            except ValueError:
                pass  # not bound yet


def written(namespace: Mapping[str, Any]) -> list[str]:
    """Names that a function of the script sets with `global`."""
    return sorted({name for value in list(namespace.values()) if isinstance(value, types.FunctionType) for name in _stored(value)})


def counters(namespace: Mapping[str, Any]) -> list[str]:
    """Of those, whole numbers that count."""
    return [name for name in written(namespace) if type(namespace.get(name)) is int and COUNTER.search(name)]


def _stored(function: types.FunctionType) -> set[str]:
    return {str(one.argval) for one in dis.get_instructions(function) if one.opname == "STORE_GLOBAL"}
