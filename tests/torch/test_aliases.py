"""Copies of the weights that are the live weights, and copies that are none of it.
Not the verdict: that is the check K7."""

from __future__ import annotations

import copy
from types import SimpleNamespace

import pytest
import torch
from harness import REPOSITORY  # noqa: F401  puts gonogo on the path
from torch import nn

from gonogo.oddities import aliases
from gonogo.found import Found


def told(keep) -> list[str]:
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2))
    experiment = SimpleNamespace(model=model, best={"loss": 1.0, "state": keep(model)})
    return aliases(experiment, Found(modules={"model": model}, parameters={f"model.{name}": one for name, one in model.named_parameters()}))


LIVE = {
    "its state": lambda model: model.state_dict(),
    "detached": lambda model: {name: one.detach() for name, one in model.named_parameters()},
    "a copy of the dictionary": lambda model: dict(model.state_dict()),
}
COPIES = {
    "deep": lambda model: copy.deepcopy(model.state_dict()),
    "cloned": lambda model: {name: one.detach().clone() for name, one in model.state_dict().items()},
    "the parameters themselves": lambda model: dict(model.named_parameters()),
    "none yet": lambda model: None,
    "statistics": lambda model: {"mean": model[1].running_mean, "var": model[1].running_var},
}


@pytest.mark.parametrize("name", LIVE)
def test_what_is_the_live_weights_is_told(name):
    assert told(LIVE[name]) == ["best.state"]


@pytest.mark.parametrize("name", COPIES)
def test_copies_are_not(name):
    assert told(COPIES[name]) == []


def test_dictionaries_of_a_script():
    model = nn.Linear(4, 3)
    experiment = SimpleNamespace(_namespace={"best": {"state": model.state_dict()}, "__builtins__": {}})
    assert aliases(experiment, Found(parameters={f"model.{name}": one for name, one in model.named_parameters()})) == ["best.state"]
