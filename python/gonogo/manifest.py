"""What stands for the data of a split in a fingerprint: its bytes where they are few and at hand, else a sample of them, or a list that
the data set keeps of its parts. Bounded in time and memory, whatever the size. Not here: which files were read (reads.py)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import torch

from gonogo import batches, seeds
from gonogo.data import Arrays, Part
from gonogo.errors import Fault
from gonogo.facts import place_of
from gonogo.untouched import untouched, workers_of

#: Decoded samples that stand for a data set, at most and at least, and bytes of them between the two.
SAMPLED, LEAST, DECODED = 256, 16, 1 << 28
#: Bytes in memory that are hashed whole; of more, so many blocks of so many bytes.
WHOLE, BLOCKS, BLOCK = 1 << 30, 256, 1 << 18


def manifests(subject: Any, splits: dict[str, Any], asked: bool = True) -> list[tuple[dict[str, Any], str]]:
    """Of each split its manifest, and how it was hashed. Not `asked`: names and sizes alone, where another subject has told the rest."""
    found = []
    for name, dataset in splits.items():
        with untouched(dataset, workers_of(subject, name)):
            found.append(manifest(name, dataset, len(dataset) if hasattr(dataset, "__len__") else 0, asked))
    return found


def manifest(split: str, dataset: Any, count: int, asked: bool = True) -> tuple[dict[str, Any], str]:
    """A SplitManifest, and how its hash was made."""
    entries = []
    with seeds.kept():
        seeds.seed_all(0, f"manifest/{split}")
        first = dataset[0] if count and batches.indexed(dataset) else None
        for name, value in batches.fields(first).items() if first is not None else ():
            entries.append({"name": name, **_form(value)})
        hashed = hashlib.sha256()
        how = "not asked" if not asked else _told(dataset, hashed) or _held(dataset, hashed) or _decoded(dataset, count, first, hashed)
    hashed.update(f"{count}".encode())
    return {"split": split, "samples": count, "fields": entries, "sha256": hashed.hexdigest()}, how


def _form(value: Any) -> dict[str, Any]:
    try:
        array = value if isinstance(value, torch.Tensor) else np.asarray(value)
    except (TypeError, ValueError, RuntimeError):  # crops of several sizes in a list are no array
        return {"shape": [len(value)] if isinstance(value, (list, tuple)) else [], "dtype": "object"}
    return {"shape": list(array.shape), "dtype": str(array.dtype).removeprefix("torch.")}


def _told(dataset: Any, hashed: Any) -> str | None:
    """A data set may keep a list of what it is made of: shards with their sizes and hashes. It is taken at its word."""
    parts, inner = [], dataset
    while isinstance(inner, (Part, torch.utils.data.Subset)):
        parts.append(np.asarray(inner.indices))
        inner = inner.dataset
    given = getattr(inner, "gonogo_manifest", None)
    if given is None:
        return None
    value = given() if callable(given) else given
    try:
        hashed.update(json.dumps(value, sort_keys=True, default=str).encode())
    except (TypeError, ValueError):
        raise Fault(
            "MANIFEST_UNREADABLE", "gonogo_manifest() gave what is no plain data", seen=type(value).__name__,
            expected="names, sizes and hashes of the shards, in lists and dicts", where=place_of(given),
        ) from None
    for indices in parts:
        _bounded(indices, hashed)
    return "its own list of what it is made of"


def _held(dataset: Any, hashed: Any) -> str | None:
    arrays = _whole(dataset)
    if arrays is None:
        return None
    size = sum(array.nbytes for array in arrays)
    for array in arrays:
        hashed.update(f"{array.dtype}{array.shape}".encode())
        if size <= WHOLE:
            hashed.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8))
        else:
            _bounded(array, hashed)
    return "every byte" if size <= WHOLE else f"blocks of {size} bytes, evenly spaced"


def _bounded(array: np.ndarray, hashed: Any) -> None:
    """All of a small array; of a large one blocks, the first and the last among them."""
    if array.nbytes <= BLOCKS * BLOCK:
        hashed.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8))
        return
    rows = max(1, BLOCK * len(array) // array.nbytes)
    for start in np.unique(np.linspace(0, len(array) - rows, BLOCKS).astype(np.int64)):
        hashed.update(f"{start}:".encode())
        hashed.update(np.ascontiguousarray(array[start : start + rows]).reshape(-1).view(np.uint8))


def _decoded(dataset: Any, count: int, first: Any, hashed: Any) -> str:
    if first is None:
        return "its length; the data set cannot be indexed"
    size = sum(batches.size_of(value) for value in batches.fields(first).values())
    most = min(count, max(LEAST, min(SAMPLED, DECODED // max(1, size))))
    chosen = np.unique(np.linspace(0, count - 1, most).astype(np.int64))
    for index in chosen:
        hashed.update(f"{index}:{batches.bytes_digest(dataset[int(index)])}".encode())
    return f"{len(chosen)} of {count} decoded samples, evenly spaced"


def _whole(dataset: Any) -> list[np.ndarray] | None:
    """The arrays behind a data set that holds them in memory; their transform is code, and hashed as that."""
    if isinstance(dataset, Part):
        inner = _whole(dataset.dataset)
        return None if inner is None else [*inner, np.asarray(dataset.indices)]
    if isinstance(dataset, torch.utils.data.Subset):
        inner = _whole(dataset.dataset)
        return None if inner is None else [*inner, np.asarray(dataset.indices, dtype=np.int64)]
    if isinstance(dataset, (Arrays, torch.utils.data.TensorDataset)):
        return [_numpy(tensor) for tensor in dataset.tensors]
    return None


def _numpy(tensor: torch.Tensor) -> np.ndarray:
    tensor = tensor.detach().cpu().contiguous()
    return tensor.reshape(-1).view(torch.uint8).numpy() if tensor.dtype == torch.bfloat16 else tensor.numpy()
