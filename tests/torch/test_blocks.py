"""Pieces of a series: what begins later shares them, and what is no series has none.
Not what common pieces mean: src/preflight/windows.ts."""

from __future__ import annotations

import base64

import numpy as np
import torch
from harness import REPOSITORY  # noqa: F401  puts gonogo on the path

from gonogo.blocks import blocks_of

SERIES = torch.randn(400, 3, generator=torch.Generator().manual_seed(0))


def pieces(value) -> np.ndarray:
    made = blocks_of(value)
    assert made is not None
    return np.frombuffer(base64.b64decode(made), dtype="<u4")


def test_a_later_stretch_has_the_same_pieces_elsewhere() -> None:
    first, later, elsewhere = pieces(SERIES[:30]), pieces(SERIES[7:37]), pieces(SERIES[100:130])
    assert len(first) == 27 and len(set(first.tolist())) == 27
    assert (first[7:] == later[:-7]).all() and not set(first.tolist()) & set(elsewhere.tolist())
    # channels first, one channel, and only the end of what is long
    assert (pieces(SERIES[:30].T.contiguous()) == first).all()
    assert (pieces(SERIES[:30, 0])[5:] == pieces(SERIES[5:35, 0])[:-5]).all()
    assert len(pieces(SERIES)) == 128 and pieces(SERIES)[-1] == pieces(SERIES[-30:])[-1]


def test_silence_is_no_piece_and_classes_are_no_series() -> None:
    quiet = SERIES[:30].clone()
    quiet[10:20] = 0.0
    assert (pieces(quiet)[10:17] == 0).all() and (pieces(quiet)[:9] > 0).all()
    assert blocks_of(torch.arange(30)) is None and blocks_of(torch.arange(30.0)) is None
    assert blocks_of(SERIES[:5]) is None and blocks_of(SERIES[None, :30]) is None and blocks_of("text") is None
