"""A decoded input as a small picture, where it has the shape of one: grey or colour, a byte a channel.
Only made where the run file asks for it: data may be private."""

from __future__ import annotations

import base64
from typing import Any

import torch

from gonogo.padding import tensor_of

#: Pixels along the longer side, at most.
LONGEST = 48


def thumbnail_of(given: Any) -> dict[str, Any] | None:
    """From its smallest finite value to its largest; every n-th pixel of a large one. [c, h, w], [h, w, c] or [h, w]."""
    held = tensor_of(given)
    if held is None or held.is_complex():
        return None
    values = held.detach().cpu().to(torch.float32)
    if values.ndim == 2:
        values = values[:, :, None]
    elif values.ndim == 3 and values.shape[0] in (1, 3):
        values = values.permute(1, 2, 0)
    if values.ndim != 3 or values.shape[2] not in (1, 3) or min(values.shape[:2]) < 4:
        return None
    finite = values[torch.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.numel() else (0.0, 0.0)
    stride = -(-max(values.shape[:2]) // LONGEST)
    small = values[::stride, ::stride]
    share = (small - low) / (high - low) if high > low else torch.full_like(small, 0.5)
    pixels = (255 * torch.nan_to_num(share, 0.0, 0.0, 0.0)).round().clamp(0, 255).to(torch.uint8)
    height, width, channels = pixels.shape
    return {"width": width, "height": height, "channels": channels, "bytes": base64.b64encode(pixels.contiguous().numpy().tobytes()).decode("ascii")}
