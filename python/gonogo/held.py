"""Random generators that an object holds, however deep, found by path; their raw states, and new ones made from a state.
Not here: the global generators (seeds.py)."""

from __future__ import annotations

import enum
import functools
import random
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

Tree = Any
KINDS = (torch.Generator, np.random.Generator, np.random.RandomState, random.Random)
PLAIN = (str, bytes, bytearray, int, float, complex, type, types.ModuleType, torch.Tensor, np.ndarray, np.generic)
#: Longer containers hold data. The walk ends after this many objects: a data set may be a large graph.
LONGEST, MOST, DEEPEST = 256, 5000, 8


def held(roots: dict[str, Any]) -> dict[str, Any]:
    """Generators by path, each once, under its first path. Nothing of the user's is called."""
    found: dict[str, Any] = {}
    seen: set[int] = set()
    waiting = [(name, value, 0) for name, value in roots.items()]
    for name, value, depth in waiting:
        if value is None or isinstance(value, PLAIN) or id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, KINDS):
            found[name] = value
        elif depth < DEEPEST and len(seen) < MOST:
            waiting += [(f"{name}.{key}", inner, depth + 1) for key, inner in _inside(value)]
    return found


def _inside(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        if len(value) <= LONGEST:
            yield from entries(value)
    elif isinstance(value, (list, tuple)):
        if len(value) <= LONGEST:
            yield from ((str(index), item) for index, item in enumerate(value))
    elif isinstance(value, functools.partial):
        yield from (("func", value.func), ("args", value.args), ("keywords", value.keywords))
    elif isinstance(value, types.MethodType):
        yield "self", value.__self__
    elif isinstance(value, types.FunctionType):
        for name, cell in zip(value.__code__.co_freevars, value.__closure__ or ()):
            try:
                yield name, cell.cell_contents
            except ValueError:  # not filled yet
                continue
    elif isinstance(value, torch.nn.Module) and next(value.parameters(), None) is not None:
        return  # a model; transforms are modules too, but have no weights
    elif not getattr(type(value), "_gonogo_experiment", False):
        yield from list(getattr(value, "__dict__", {}).items())


def entries(value: dict[Any, Any]) -> Iterator[tuple[str, Any]]:
    """Items under names. Keys may be anything, a parameter in an optimizer's state for one, whose text costs a look at all its numbers:
    only plain keys are spelt out, others are counted."""
    for index, (key, item) in enumerate(value.items()):
        yield str(key) if isinstance(key, (str, int, float, enum.Enum)) else f"{type(key).__name__}#{index}", item


def raw(generator: Any) -> Any:
    """The state as the generator gives it: quick to take, fit for pickling between processes of one machine."""
    if isinstance(generator, torch.Generator):
        return "torch", generator.get_state().numpy().tobytes()
    if isinstance(generator, random.Random):
        return "python", generator.getstate()
    if isinstance(generator, np.random.RandomState):
        return "legacy", generator.get_state()
    return "numpy", generator.bit_generator.state


def put_raw(generator: Any, state: tuple[str, Any]) -> None:
    kind, value = state
    if kind == "torch":
        generator.set_state(torch.frombuffer(bytearray(value), dtype=torch.uint8))
    elif kind == "python":
        generator.setstate(value)
    elif kind == "legacy":
        generator.set_state(value)
    else:
        generator.bit_generator.state = value


def reseed(generator: Any, value: int) -> None:
    """`value`: 63 bits."""
    if isinstance(generator, torch.Generator):
        generator.manual_seed(value)
    elif isinstance(generator, random.Random):
        generator.seed(value)
    elif isinstance(generator, np.random.RandomState):
        generator.seed(value & 0xFFFF_FFFF)
    else:
        generator.bit_generator.state = type(generator.bit_generator)(value).state


def empty(kind: str, state: Any) -> Any:
    """A generator of this kind, in this raw state."""
    makers = {"torch": torch.Generator, "python": random.Random, "legacy": np.random.RandomState}
    made = makers[kind]() if kind in makers else np.random.Generator(getattr(np.random, state["bit_generator"])())
    put_raw(made, (kind, state))
    return made


def like(state: Tree) -> Any:
    """A new generator of the kind whose state, as seeds.get_generator gives it, this is."""
    if isinstance(state, torch.Tensor):
        return torch.Generator()
    if "words" in state:
        return random.Random()
    if "keys" in state:
        return np.random.RandomState()
    return np.random.Generator(getattr(np.random, state["bit_generator"])())


def plant(roots: dict[str, Any], path: str, generator: Any) -> bool:
    """Puts a generator where one will be made on first use: an attribute that is missing, or null so far."""
    names = path.split(".")
    holder = roots.get(names[0])
    for name in names[1:-1]:
        holder = dict(_inside(holder)).get(name) if holder is not None else None
    if len(names) < 2 or not hasattr(holder, "__dict__") or getattr(holder, names[-1], None) is not None:
        return False
    setattr(holder, names[-1], generator)
    return True
