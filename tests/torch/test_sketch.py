"""Sketches of inputs: near for near inputs, far for others, whatever an input is made of. Not what a check makes of them."""

from __future__ import annotations

import base64

import numpy as np
import pytest
import torch
from harness import REPOSITORY  # noqa: F401  puts gonogo on the path

from gonogo.sketch import SIZE, sketch_of


def numbers(value: object) -> np.ndarray:
    made = sketch_of(value)
    assert made is not None
    found = np.frombuffer(base64.b64decode(made), "<f4")
    assert found.shape == (SIZE,)
    return found


@pytest.mark.parametrize("shape", [(64,), (3, 32, 32), (500, 2)])
def test_distances_are_kept(shape: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(0)
    kept = []
    for _ in range(50):
        left, right = torch.randn(2, *shape, generator=generator)
        near = left + 0.01 * torch.randn(shape, generator=generator)
        kept.append(np.linalg.norm(numbers(left) - numbers(right)) / float((left - right).norm()))
        assert np.linalg.norm(numbers(left) - numbers(near)) < 0.05 * np.linalg.norm(numbers(left) - numbers(right))
    assert abs(np.mean(np.square(kept)) - 1) < 0.1


def test_words_count_by_what_they_are() -> None:
    words = torch.randint(100, (40,), generator=torch.Generator().manual_seed(1))
    assert (numbers(words)[: SIZE // 2] == numbers(words.flip(0))[: SIZE // 2]).all()
    assert numbers(words[:17])[: SIZE // 2].sum() == 17
    assert (numbers("one two two") == numbers("two ONE two")).all()
    assert (numbers("one two") != numbers("one three")).any()


def test_what_is_no_number_has_none() -> None:
    assert sketch_of(object()) is None
    assert sketch_of(torch.empty(0)) is None
    assert np.isfinite(numbers(torch.tensor([1.0, float("nan"), float("inf")]))).all()
