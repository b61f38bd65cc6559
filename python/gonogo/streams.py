"""Streams that a program draws from by itself, beside its training loader: iterators in its hands, and loaders to make them from.
Not here: the training loader's own place (feed.py), generators of random numbers (found.py)."""

from __future__ import annotations

import itertools
import types
from collections.abc import Iterator
from typing import Any

from torch.utils.data import DataLoader
from torch.utils.data.dataloader import _BaseDataLoaderIter

from gonogo.errors import project_modules
from gonogo.found import is_users

ITERATORS = (types.GeneratorType, _BaseDataLoaderIter, itertools.cycle, itertools.chain, itertools.islice, zip, map, enumerate)
LOADERS = ("train_loader", "val_loader", "test_loader")
DEEPEST, LONGEST = 3, 256


def streams(experiment: Any) -> list[str]:
    """Their names. No checkpoint can hold the place of one, and nothing of the user's is called here."""
    own = {id(getattr(experiment, name, None)) for name in LOADERS}
    found: dict[str, None] = {}
    seen: set[int] = set()
    waiting = [(name, value, 0) for name, value in _roots(experiment)]
    for name, value, depth in waiting:
        if id(value) in seen or id(value) in own:
            continue
        seen.add(id(value))
        if isinstance(value, (*ITERATORS, DataLoader)):
            found[name] = None
        elif depth < DEEPEST:
            waiting += [(f"{name}.{key}", inner, depth + 1) for key, inner in _inside(value)]
    return list(found)


def _roots(experiment: Any) -> Iterator[tuple[str, Any]]:
    yield from ((name, value) for name, value in vars(experiment).items() if not name.startswith("_"))
    for module, held in project_modules():
        yield from ((f"{module}.{name}", value) for name, value in list(vars(held).items()) if not name.startswith("__"))


def _inside(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from ((str(key), inner) for key, inner in list(value.items())[:LONGEST] if isinstance(key, (str, int)))
    elif isinstance(value, (list, tuple)):
        yield from ((str(place), inner) for place, inner in enumerate(value[:LONGEST]))
    elif isinstance(value, types.FunctionType):
        for name, cell in zip(value.__code__.co_freevars, value.__closure__ or ()):
            try:
                yield name, cell.cell_contents
            except ValueError:  # not filled yet
                continue
    elif is_users(value) and hasattr(value, "__dict__"):
        yield from list(vars(value).items())
