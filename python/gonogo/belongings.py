"""What objects of the project hold besides what trains: replay buffers, environments, a place in a stream of tokens, running values.
Not here: modules, optimizers, averages and generators (found.py); data sets and loaders, whose order is the feed's."""

from __future__ import annotations

import types
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, Sampler

from gonogo.experiment import Experiment
from gonogo.found import SKIPPED, is_average, is_schedule, is_users, unwrapped
from gonogo.held import KINDS

SCALARS = (bool, int, float, str, type(None), np.generic)
APART = (type, types.ModuleType, types.FunctionType, types.MethodType, torch.optim.Optimizer, DataLoader, Dataset, Sampler, *KINDS)
#: What gonogo has put on the experiment, and loaders of the project's own.
OURS = ({*SKIPPED, *Experiment.__annotations__} - {"model"}) | {"train_loader", "val_loader", "test_loader"}
#: Beyond this an object stays as it is: to copy it for each check would take longer than the checks. Of one container, items.
MOST, LONGEST, DEEPEST = 256 * 1024 * 1024, 20_000, 6

#: Where a value lies: the dictionary or list that holds it, and under what.
Place = tuple[Any, Any]


def places(experiment: Any) -> dict[str, Place]:
    """Path → where it lies, for each value that is a number, text, a tensor without gradients, an array, or a container of those."""
    found: dict[str, Place] = {}
    seen: set[int] = set()
    left = MOST
    for name, holder, key in _roots(experiment):
        within = dict(_walk(name, holder, key, seen, 0))
        size = sum(_bytes(where[key]) for where, key in within.values())
        if size <= left:  # a part of an object would not fit the rest of it
            found.update(within)
            left -= size
    return found


def read(experiment: Any) -> dict[str, Any]:
    return {path: holder[key] for path, (holder, key) in places(experiment).items()}


def put(experiment: Any, saved: Mapping[str, Any]) -> None:
    """What is the same stays the object that it is: some compare by identity. Arrays that are as large as they were are filled in
    place: others may hold them too. `saved` is not aliased by whoever calls."""
    known = places(experiment)
    for path, value in saved.items():
        if path in known:
            holder, key = known[path]
            if not _same(holder[key], value):
                _put(holder, key, value)


def storable(tree: Any) -> Any:
    """Without kinds that a checkpoint has no word for: queues as lists, named tuples as tuples. `put` knows them by what lies there."""
    if isinstance(tree, dict):
        return {key: storable(value) for key, value in tree.items()}
    if isinstance(tree, (list, deque)):
        return [storable(value) for value in tree]
    return tuple(storable(value) for value in tree) if isinstance(tree, tuple) else tree


def _roots(experiment: Any) -> Iterator[tuple[str, Any, Any]]:
    own = vars(experiment)
    yield from ((key, own, key) for key in list(own) if key not in OURS and not key.startswith("_"))
    namespace = own.get("_namespace") or {}
    written = own.get("_written", ())
    for key, value in list(namespace.items()):
        if not key.startswith("__") and (key in written or is_users(value) and not isinstance(value, (nn.Module, *APART))):
            yield f"globals.{key}", namespace, key


def _walk(name: str, holder: Any, key: Any, seen: set[int], depth: int) -> Iterator[tuple[str, Place]]:
    value = unwrapped(holder[key])
    if depth > DEEPEST or isinstance(value, APART) or is_average(name, value) or is_schedule(value):
        return
    if _is_plain(value):
        yield name, (holder, key)
        return
    if isinstance(value, (torch.Tensor, np.ndarray)) or id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, nn.Module):
        for path, part in value.named_modules():
            if is_users(part):
                # what PyTorch registers lies in dictionaries of its own
                own = vars(part)
                for inner in [one for one in own if not one.startswith("_") and one != "training"]:
                    yield from _walk(".".join(filter(None, (name, path, inner))), own, inner, seen, depth + 1)
    elif isinstance(value, (list, dict)):
        keys = list(value) if isinstance(value, dict) else range(len(value))
        for inner in keys if len(value) <= LONGEST else ():
            if isinstance(inner, (str, int)):
                yield from _walk(f"{name}.{inner}", value, inner, seen, depth + 1)
    elif (is_users(value) or isinstance(value, types.SimpleNamespace)) and hasattr(value, "__dict__"):
        own = vars(value)
        for inner in list(own):
            yield from _walk(f"{name}.{inner}", own, inner, seen, depth + 1)


def _is_plain(value: Any) -> bool:
    """Looks at no more than so many items."""
    waiting, looked = [value], 0
    while waiting:
        one = waiting.pop()
        looked += 1
        if looked > LONGEST:
            return False
        if isinstance(one, torch.Tensor):
            # a leaf that asks for a gradient may train; what was computed and kept, a sample say, is a value like any other
            if isinstance(one, nn.Parameter) or (one.requires_grad and one.is_leaf) or one.layout != torch.strided:
                return False
        elif isinstance(one, np.ndarray):
            if one.dtype.kind not in "biuf":
                return False
        elif isinstance(one, dict):
            if not all(isinstance(key, (str, int, float, bool)) for key in one):
                return False
            waiting += one.values()
        elif type(one) in (list, deque) or isinstance(one, tuple):
            waiting += one
        elif not isinstance(one, SCALARS):
            return False
    return True


def _bytes(value: Any) -> int:
    if isinstance(value, (torch.Tensor, np.ndarray)):
        return int(value.nbytes)
    if isinstance(value, dict):
        return sum(_bytes(one) for one in value.values())
    return sum(_bytes(one) for one in value) if isinstance(value, (list, tuple, deque)) else 8


def _put(holder: Any, key: Any, value: Any) -> None:
    there = holder[key]
    if isinstance(there, torch.Tensor) and isinstance(value, torch.Tensor) and _alike(there, value) and not there.is_inference() and there.is_contiguous() and there.is_leaf:
        with torch.no_grad():
            there.copy_(value)
    elif isinstance(there, np.ndarray) and isinstance(value, np.ndarray) and _alike(there, value) and there.flags.writeable:
        there[...] = value
    elif isinstance(there, dict) and isinstance(value, dict):
        there.clear()
        there.update(value)
    elif isinstance(there, (list, deque)) and isinstance(value, (list, deque)):
        kind = type(there[0]) if there and hasattr(there[0], "_make") else None
        items = [kind._make(one) if kind is not None and type(one) is tuple else one for one in value]
        there.clear()
        there.extend(items)
    else:
        holder[key] = value


def _same(there: Any, value: Any) -> bool:
    if isinstance(there, (torch.Tensor, np.ndarray)) or isinstance(value, (torch.Tensor, np.ndarray)):
        return False
    if isinstance(there, dict) and isinstance(value, dict):
        return there.keys() == value.keys() and all(_same(there[key], value[key]) for key in there)
    if isinstance(there, (list, tuple, deque)) and isinstance(value, (list, tuple, deque)):
        return len(there) == len(value) and all(_same(one, other) for one, other in zip(there, value))
    return type(there) is type(value) and bool(there == value)


def _alike(there: Any, value: Any) -> bool:
    return bool(there.shape == value.shape and there.dtype == value.dtype)
