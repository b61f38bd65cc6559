"""Generators at the beginnings of epochs: seeded with a constant, with the epoch, or once.
Not the verdict: that is the check S2."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from harness import REPOSITORY  # noqa: F401  puts gonogo on the path

from gonogo.reseeding import Reseeding, places


def told(begin, epochs=(0, 1, 2)) -> set[str]:
    seen = Reseeding()
    for epoch in epochs:
        torch.rand(3), np.random.rand(3), random.random()
        before = places()
        begin(epoch)
        seen.note(epoch, before, places())
    return seen.found


CONSTANT = {
    "torch": lambda _: torch.manual_seed(42),
    "numpy": lambda _: np.random.seed(42),
    "random": lambda _: random.seed(42),
}
HEALTHY = {
    "not at all": lambda _: None,
    "by the epoch": lambda epoch: torch.manual_seed(42 + epoch),
    "draws": lambda _: torch.randperm(10),
    "a generator of its own": lambda _: torch.Generator().manual_seed(42),
}


@pytest.mark.parametrize("name", CONSTANT)
def test_a_constant_seed_in_each_epoch(name):
    assert told(CONSTANT[name]) == {name}


@pytest.mark.parametrize("name", HEALTHY)
def test_seeds_that_go_on(name):
    assert told(HEALTHY[name]) == set()


def test_one_epoch_that_is_begun_again():
    assert told(CONSTANT["torch"], (1, 1, 1)) == set()
