"""What a probe does to a batch on its way to a step or an evaluation, and the orders it asks for by seed.
Not here: which batch it is (feed.py). Orders and noise are drawn as contract/draw.ts draws them, so that engines can be compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from gonogo import batches
from gonogo.errors import Fault
from gonogo.padding import padding_changed, tensor_of

WORD = 0xFFFF_FFFF


def draw_of(seed: int) -> Callable[[], int]:
    """A generator of uint32."""
    state = seed & WORD

    def draw() -> int:
        nonlocal state
        state = (state + 0x9E3779B9) & WORD
        z = state
        z = ((z ^ (z >> 16)) * 0x21F0AAAD) & WORD
        z = ((z ^ (z >> 15)) * 0x735A2D97) & WORD
        return z ^ (z >> 15)

    return draw


def shuffled_order(count: int, seed: int) -> list[int]:
    """0 … count−1 in an order of this seed."""
    draw, indices = draw_of(seed), list(range(count))
    for i in range(count - 1, 0, -1):
        j = draw() % (i + 1)
        indices[i], indices[j] = indices[j], indices[i]
    return indices


def ordered(indices: Sequence[int], order: Any) -> Sequence[int]:
    """Indices in the order of an evaluation probe."""
    if isinstance(order, dict):
        return [indices[place] for place in shuffled_order(len(indices), order["shuffled"])]
    return indices[::-1] if order == "reversed" else indices


def corrupted(batch: Any, how: dict[str, Any]) -> tuple[Any, int]:
    """The batch changed, its own tensors untouched; and how many input values changed."""
    if how["kind"] == "labelsShuffled":
        target = batches.target_of(batch)
        count = batches.count(batch)
        # One value a sample; a list of several batches, say, has none.
        if not isinstance(target, (torch.Tensor, np.ndarray, list, tuple)) or getattr(target, "ndim", 1) == 0 or len(target) != count:
            raise Fault("DATA_FIELD", "the batch has no target that can be told", seen=", ".join(batches.fields(batch)))
        order = shuffled_order(count, how["seed"])
        moved = target[torch.as_tensor(order)] if isinstance(target, torch.Tensor) else np.asarray(target)[order]
        return with_field(batch, batches.target_name(batch), moved), 0
    if how["kind"] == "paddingChanged":
        name = batches.input_name(batch) if how["what"] == "input" else batches.target_name(batch)
        made, count = padding_changed(batch, name)
        was = batches.fields(batch).get(name)
        return (batch, 0) if made is None else (with_field(batch, name, made if isinstance(was, torch.Tensor) else made.numpy()), count)
    given = batches.input_of(batch)
    values = tensor_of(given)
    if values is None or values.ndim == 0:
        raise Fault("DATA_FIELD", "the input of a batch is no array of numbers", seen=type(given).__name__)
    if how["kind"] == "inputsZeroed":
        changed, count = torch.zeros_like(values), values.numel()
    else:
        # time first: what is one sample lies along the second axis
        laid = values.transpose(0, 1) if how.get("second") else values
        changed, count = _perturbed(laid, how["sample"], how.get("position"), how.get("seed", 0), how.get("size", 0.5))
        changed = changed.transpose(0, 1).contiguous() if how.get("second") else changed
    return with_field(batch, batches.input_name(batch), changed if isinstance(given, torch.Tensor) else changed.numpy()), count


def _perturbed(values: torch.Tensor, sample: int, position: int | None, seed: int, size: float) -> tuple[torch.Tensor, int]:
    if sample >= len(values) or (position is not None and (values.ndim < 2 or position >= values.shape[1])):
        place = f"sample {sample}" + ("" if position is None else f", position {position}")
        raise Fault("SAMPLE_UNKNOWN", "the batch has no such place to perturb", seen=place, expected=f"a batch of shape {list(values.shape)}")
    changed = values.clone()
    part = changed[sample] if position is None else changed[sample, position]
    before, draw = part.reshape(-1).tolist(), draw_of(seed)
    if values.is_floating_point():
        spread = size * (float(values.double().std(correction=0)) or 1.0)
        low, high = float(values.min()), float(values.max())
        after = [_within(value, spread * (draw() / 2**31 - 1), low, high) for value in before]
    else:
        known = sorted(set(values.reshape(-1).tolist()))
        following = dict(zip(known, known[1:] + known[:1]))
        after = [following[value] for value in before]
    part.copy_(torch.tensor(after).to(values.dtype).reshape(part.shape))
    return changed, int((changed != values).sum())


def _within(value: float, step: float, low: float, high: float) -> float:
    """A step that stays among the values there are: a loss of probabilities takes no others. Turned round at an end; NaN goes on."""
    if not low < high:  # one value alone, or no numbers
        return value + step
    inside = value + step if low <= value + step <= high else value - step
    return inside if inside != inside else min(max(inside, low), high)


def with_field(batch: Any, name: str, value: Any) -> Any:
    """The batch with one of its parts (as batches.fields names them) replaced."""
    if isinstance(batch, dict) or hasattr(batch, "keys"):
        made = dict(batch.items())
        made[name] = value
        return type(batch)(made)
    if isinstance(batch, (list, tuple)):
        items = [value if key == name else item for key, item in batches.fields(batch).items()]
        return type(batch)(*items) if hasattr(batch, "_fields") else type(batch)(items)
    return value
