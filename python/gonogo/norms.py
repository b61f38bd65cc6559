"""Sizes of tensors: norms, inner products, values that are no numbers, copies of some elements.
Not here: when they are taken (observe.py)."""

from __future__ import annotations

import math
from typing import Any

import torch

THIN = 4096


def thinned(tensor: torch.Tensor) -> torch.Tensor:
    """A copy of some elements, at places that no row or column keeps to itself."""
    flat = tensor.detach()
    flat = (flat.to_dense() if flat.layout != torch.strided else flat).reshape(-1)
    step = max(1, flat.numel() // THIN)
    return flat[:: step + (step > 1 and step % 2 == 0)].clone()


def norm(tensor: torch.Tensor) -> float:
    """L2 norm in float64."""
    tensor = tensor.detach()
    if tensor.layout != torch.strided:
        tensor = tensor.to_dense()
    return float(torch.linalg.vector_norm(tensor, dtype=torch.complex128 if tensor.is_complex() else torch.float64))


#: Elements whose squares are summed in float32 before the sums are, in float64.
ROW = 1 << 14


def quick_norm(tensor: torch.Tensor) -> float:
    """L2 norm to about 1e-5, at the speed of the memory; a value that is no number makes it none."""
    flat = tensor.detach()
    if flat.layout != torch.strided or flat.dtype != torch.float32 or flat.numel() < 4 * ROW or not flat.is_contiguous():
        return norm(tensor)
    flat = flat.reshape(-1)
    whole = flat.numel() // ROW * ROW
    rows = torch.linalg.vector_norm(flat[:whole].reshape(-1, ROW), dim=1).to(torch.float64)
    found = math.hypot(float(torch.linalg.vector_norm(rows)), norm(flat[whole:]))
    # Squares may have left float32 where the values have not.
    return found if math.isfinite(found) else norm(tensor)


def quickly_not_finite(value: Any) -> int:
    if isinstance(value, torch.Tensor) and value.is_floating_point() and math.isfinite(quick_norm(value)):
        return 0
    return not_finite(value)


def inner(left: torch.Tensor, right: torch.Tensor) -> float:
    """Inner product in float64; of complex tensors its real part."""
    left, right = (one.to_dense() if one.layout != torch.strided else one for one in (left, right))
    kind = torch.complex128 if left.is_complex() else torch.float64
    return float(torch.vdot(left.to(kind).reshape(-1), right.to(kind).reshape(-1)).real)


def not_finite(value: Any) -> int:
    if not isinstance(value, torch.Tensor) or not (value.is_floating_point() or value.is_complex()):
        return 0
    values = value._values() if value.layout == torch.sparse_coo else value
    return int((~torch.isfinite(values)).sum())
