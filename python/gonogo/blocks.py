"""A sample that is a stretch of a series, as digests of its pieces: a stretch that begins later has the same ones elsewhere.
Not here: what common pieces mean, which D3 asks."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import numpy as np

#: Rows of a piece, at least, and values; offsets that are looked at.
ROWS, VALUES, MOST = 4, 8, 128


def blocks_of(value: Any) -> str | None:
    """uint32 of each piece from the first offset to the last, little-endian, base64; 0 where it hardly varies. Null for what is no series of measured numbers."""
    from gonogo.padding import tensor_of

    numbers = tensor_of(value)
    if numbers is None or not numbers.is_floating_point() or numbers.ndim not in (1, 2):
        return None
    series = numbers.detach().cpu().float().numpy()
    series = series[:, None] if series.ndim == 1 else series.T if series.shape[1] > series.shape[0] else series
    rows = max(ROWS, -(-VALUES // max(1, series.shape[1])))
    if len(series) < 2 * rows or np.array_equal(series, np.round(series)):
        return None
    series = np.ascontiguousarray(series[-(MOST + rows - 1) :])
    found = [_digest(series[at : at + rows]) for at in range(len(series) - rows + 1)]
    return base64.b64encode(np.asarray(found, dtype="<u4").tobytes()).decode("ascii")


def _digest(piece: np.ndarray) -> int:
    """Of a piece whose values differ: silence and borders are alike everywhere."""
    if len(np.unique(piece)) < piece.size // 2 or not np.isfinite(piece).all():
        return 0
    return int.from_bytes(hashlib.blake2b(piece.tobytes(), digest_size=4).digest(), "little") or 1
