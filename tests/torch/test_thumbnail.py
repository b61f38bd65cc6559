"""The same expectations as src/engine/embedded/thumbnail.test.ts: both sides make one picture of one input."""

from __future__ import annotations

import base64
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))

from gonogo.thumbnail import thumbnail_of  # noqa: E402


def made(values: torch.Tensor) -> dict:
    found = thumbnail_of(values)
    assert found is not None
    return {**found, "bytes": list(base64.b64decode(found["bytes"]))}


def ramp(*shape: int) -> torch.Tensor:
    return torch.arange(torch.Size(shape).numel(), dtype=torch.float32).reshape(shape)


def test_from_the_smallest_value_to_the_largest_channels_last_whatever_the_layout() -> None:
    for shape in ((4, 4), (1, 4, 4), (4, 4, 1)):
        assert made(ramp(*shape)) == {"width": 4, "height": 4, "channels": 1, "bytes": [17 * i for i in range(16)]}
    planes = made(ramp(3, 4, 4))
    assert (planes["width"], planes["height"], planes["channels"]) == (4, 4, 3)
    assert planes["bytes"][:6] == [0, 87, 174, 5, 92, 179]


def test_a_large_one_is_thinned_a_flat_one_is_grey_what_is_no_number_is_black() -> None:
    large = made(ramp(100, 60))
    assert (large["width"], large["height"]) == (20, 34)
    assert made(torch.zeros(4, 4))["bytes"] == [128] * 16
    values = torch.cat([torch.tensor([float("nan")]), torch.arange(15.0)]).reshape(4, 4)
    assert made(values)["bytes"][:2] == [0, 0]


def test_what_has_not_the_shape_of_a_picture_is_none() -> None:
    for shape in ((16,), (2, 8), (2, 4, 2), (1, 2, 2, 4)):
        assert thumbnail_of(ramp(*shape)) is None
    assert thumbnail_of("text") is None
