"""Whether reading a sample changes what the data set holds of it: a transform that works in place, on the row itself and not on a copy.
Not here: samples that come out otherwise because something is drawn for them (survey.py)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from gonogo import batches, seeds
from gonogo.padding import tensor_of

DEPTH = 8
TRIED = 4


def spoilt(dataset: Any, indices: Sequence[int], seed: int, seconds: float) -> dict[str, Any] | None:
    """Of the samples tried, how many have a row that each of two further readings changed. What is made on first use has been made before
    (the survey has read them), and is made once; rows are put back. Null where the data set shows no rows as large as its input."""
    tried = changed = 0
    held, until = "", time.monotonic() + seconds
    for index in indices[:TRIED]:
        if time.monotonic() > until:
            break
        given = tensor_of(batches.input_of(dataset[int(index)]))
        if given is None:
            return None
        rows = [(name, row) for name, row in _rows(dataset, int(index)) if _size(row) == given.numel() > 1]
        if not rows:
            return None
        tried += 1
        first = [_copy(row) for _, row in rows]
        values = [first]
        for name in ("once", "again"):
            seeds.seed_all(seed, f"survey/spoilt {name}")
            dataset[int(index)]
            values.append([_copy(row) for _, row in rows])
        for place, (name, row) in enumerate(rows):
            before, between, after = (one[place] for one in values)
            if not _same(before, between) and not _same(between, after):
                changed += 1
                held = name
                break
        for (_, row), was in zip(rows, first):
            _put(row, was)
    return {"tried": tried, "changed": changed, "held": held} if tried else None


def _rows(dataset: Any, index: int) -> Iterator[tuple[str, Any]]:
    """Views of what the data set and those within it hold of this sample, in arrays with a row for each."""
    for _ in range(DEPTH):
        for name, held in list(getattr(dataset, "__dict__", {}).items()):
            parts = [(name, held)]
            if isinstance(held, (list, tuple)) and 0 < len(held) <= 8:
                parts = [(f"{name}[{place}]", one) for place, one in enumerate(held)]
            for path, one in parts:
                if isinstance(one, (torch.Tensor, np.ndarray)) and one.ndim > 1 and len(one) == len(dataset):
                    yield path, one[index]
            if isinstance(held, list) and len(held) == len(dataset) > 8 and isinstance(held[index], (torch.Tensor, np.ndarray)):
                yield name, held[index]
        inner, indices = getattr(dataset, "dataset", None), getattr(dataset, "indices", None)
        if inner is None or not hasattr(inner, "__len__"):
            return
        if indices is not None:
            index = int(indices[index])
        elif len(inner) != len(dataset):
            return
        dataset = inner


def _size(row: Any) -> int:
    return row.numel() if isinstance(row, torch.Tensor) else int(row.size)


def _copy(row: Any) -> Any:
    return row.detach().clone() if isinstance(row, torch.Tensor) else row.copy()


def _same(one: Any, other: Any) -> bool:
    return batches.bytes_digest(one) == batches.bytes_digest(other)


def _put(row: Any, was: Any) -> None:
    if _same(row, was):
        return
    if isinstance(row, torch.Tensor):
        with torch.no_grad():
            row.copy_(was)
    else:
        row[...] = was
