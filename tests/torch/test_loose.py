"""Arrays that modules hold as plain attributes and that a step uses: which are told, in the step's own thread too.
Not the verdict: that is the check K4."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from harness import REPOSITORY  # noqa: F401  puts gonogo on the path
from torch import nn

from gonogo.driven import Driven
from gonogo.found import Found
from gonogo.loose import Loose


class Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(6, 6)
        self.perm, self.order, self.parts = torch.randperm(6), np.random.permutation(6), [torch.randn(6), torch.randn(6)]
        self.unused, self.number, self.seen = torch.randn(4), torch.tensor(2.0), None
        self.register_buffer("mask", torch.ones(6))

    def forward(self, x):
        x = self.linear(x[:, self.perm] * self.mask * self.number)[:, self.order]
        self.seen = torch.cat([x, self.parts[0].expand_as(x)])
        return self.seen


def used(step) -> set[str]:
    layer = Layer()
    loose = Loose(Found(modules={"model": nn.Sequential(layer)}))
    with loose.everywhere():
        step(layer)
    return set(loose.report())


def looped(layer) -> None:
    def run(loader) -> None:
        for batch in loader:
            layer(batch).sum().backward()

    loop = Driven(run)
    loop.step(torch.randn(3, 6))
    loop.stop()


@pytest.mark.parametrize("step", [lambda layer: layer(torch.randn(3, 6)), looped])
def test_what_a_step_uses_is_told_and_nothing_else(step) -> None:
    assert used(step) == {"model.0.perm", "model.0.order", "model.0.parts.0"}


def test_digests_are_those_of_before_the_step() -> None:
    layer = Layer()
    first = Loose(Found(modules={"model": layer}))
    with first.everywhere():
        layer(torch.randn(3, 6))
        layer.parts[0].add_(1)
    second = Loose(Found(modules={"model": layer}))
    with second.everywhere():
        layer(torch.randn(3, 6))
    same = {name for name, digest in first.report().items() if second.report()[name] == digest}
    assert same == {"model.perm", "model.order"}


def test_a_loop_is_left_as_it_was() -> None:
    layer, calls = Layer(), []
    loop = Driven(lambda loader: calls.extend(layer(batch).shape for batch in loader))
    loose = Loose(Found(modules={"model": layer}))
    with loose.everywhere():
        loop.step(torch.randn(3, 6))
    before = loose.report()
    loose._used.clear()
    loop.step(torch.randn(3, 6))
    loop.stop()
    assert before and not loose.report() and len(calls) == 2
