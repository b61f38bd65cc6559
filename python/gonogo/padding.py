"""Which positions of a batch are padding, as the batch itself says: a mask, or lengths.
Not here: whether anything heeds it; a check asks that."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from gonogo import batches

#: Field → the value that means padding.
MASKS = {"attention_mask": 0, "mask": 0, "padding_mask": 1, "key_padding_mask": 1, "src_key_padding_mask": 1}
LENGTHS = ("length", "lengths", "input_lengths")


def padding_of(batch: Any) -> tuple[str, torch.Tensor] | None:
    """The field that says, and [batch, time] of bool; null where none does. A plain `mask` counts only where it is ones and then zeros: others are called so too."""
    given = tensor_of(batches.input_of(batch))
    if given is None or given.ndim < 2:
        return None
    rows, length = given.shape[:2]
    for name, value in batches.fields(batch).items():
        said = tensor_of(value) if name in MASKS or name in LENGTHS else None
        if said is None:
            continue
        if name in MASKS and said.shape == (rows, length):
            padded = (said != 0) == bool(MASKS[name])
            if name != "mask" or bool((padded[:, 1:] >= padded[:, :-1]).all()):
                return name, padded
        if name in LENGTHS and said.shape == (rows,):
            return name, torch.arange(length, device=said.device)[None, :] >= said[:, None]
    return unscored_end(given, tensor_of(batches.target_of(batch)))


def unscored_end(given: torch.Tensor, target: torch.Tensor | None) -> tuple[str, torch.Tensor] | None:
    """Where no field says: the end of samples whose targets are −100 and whose inputs there, two or more, are all one whole number."""
    if target is None or given.shape != target.shape or given.ndim != 2 or given.is_floating_point():
        return None
    ends = (target == -100).flip(1).long().cumprod(1).flip(1).bool()
    ends &= ends.sum(1, keepdim=True) >= 2
    return ("target", ends) if bool(ends.any()) and len(torch.unique(given[ends])) == 1 else None


def padding_changed(batch: Any, name: str) -> tuple[torch.Tensor | None, int]:
    """A field with other values where the batch says padding, and how many changed; −100 stays: nothing scores it."""
    found, values = padding_of(batch), tensor_of(batches.fields(batch).get(name))
    if found is None or values is None or values.shape[:2] != found[1].shape:
        return None, 0
    padded = found[1].to(values.device).reshape(*found[1].shape, *[1] * (values.ndim - 2)).expand_as(values) & (values != -100)
    known = torch.unique(values[values != -100])
    if not len(known):
        return None, 0
    following = known[(torch.searchsorted(known, values.clamp(known[0], known[-1]).contiguous()) + 1) % len(known)]
    changed = torch.where(padded, following, values)
    return changed, int((changed != values).sum())


def tensor_of(value: Any) -> torch.Tensor | None:
    """Numbers as a tensor; null for text and objects."""
    if isinstance(value, torch.Tensor):
        return value
    try:
        return None if value is None else torch.as_tensor(np.asarray(value))
    except (TypeError, ValueError):
        return None
