"""What a project holds that is not what it seems: copies of the weights in the memory of the live ones, generators set alike in each epoch.
Not here: what checkpoints hold of it (the check K2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from gonogo import belongings
from gonogo.found import Found, find


def told(experiment: Any) -> dict[str, Any]:
    """Both, as the report of a state carries them."""
    loop = getattr(experiment, "_epochs", None)
    return {"aliases": aliases(experiment, find(experiment)), "reseeded": [] if loop is None else sorted(loop.reseeding.found)}


def aliases(experiment: Any, found: Found) -> list[str]:
    """Paths of the dictionaries whose tensors, two or more and every one that is as large as a weight, lie where parameters that train lie."""
    live = {one.data_ptr() for one in found.parameters.values() if one.requires_grad and one.layout == torch.strided and one.numel() > 1}
    names = {name.rpartition(".")[2] for name in found.parameters}
    held = dict(belongings.read(experiment))
    held.update({name: one for name, one in found.averages.items() if isinstance(one, dict)})
    # a script's own dictionaries are filled without being named anew
    held.update({name: one for name, one in list((vars(experiment).get("_namespace") or {}).items()) if isinstance(one, dict) and not name.startswith("__")})
    told = []
    for path, value in held.items():
        for within, tensors in _named(path, value):
            large = [(key, one) for key, one in tensors.items() if one.numel() > 1 and key.rpartition(".")[2] in names]
            if len(large) >= 2 and sum(one.data_ptr() in live for _, one in large) > len(large) / 2:
                told.append(within)
    return sorted(set(told))


def _named(path: str, value: Any, depth: int = 0) -> Iterator[tuple[str, dict[str, torch.Tensor]]]:
    if not isinstance(value, dict) or depth > 3:
        return
    tensors = {str(key): one for key, one in value.items() if isinstance(one, torch.Tensor) and not isinstance(one, nn.Parameter) and not one.requires_grad and one.layout == torch.strided}
    if tensors:
        yield path, tensors
    for key, inner in value.items():
        yield from _named(f"{path}.{key}", inner, depth + 1)
