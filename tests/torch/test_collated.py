"""Samples one at a time as the collate function hands them on: what it draws, what it turns, and where it is left alone.
Not the verdicts: those are the checks V1 and D4."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from harness import REPOSITORY  # noqa: F401  puts gonogo on the path
from torch.utils.data import DataLoader, TensorDataset, default_collate

from gonogo.collated import collated
from gonogo.experiment import Experiment
from gonogo.placement import placements
from gonogo.survey import _twice


def pictures() -> TensorDataset:
    given = torch.randn(8, 1, 12, 12, generator=torch.Generator().manual_seed(0))
    return TensorDataset(given, (given[:, 0] > 0).long())


def made(collate: Any) -> Any:
    data = pictures()
    experiment = Experiment()
    experiment.val_loader = DataLoader(data, batch_size=4, collate_fn=collate)
    return collated(SimpleNamespace(experiment=experiment), "val", data)


def noisy(samples: Any) -> Any:
    given, target = default_collate(samples)
    return given + torch.randn_like(given), target


def masking(samples: Any) -> Any:
    given, target = default_collate(samples)
    hidden = torch.rand(target.shape) < 0.3
    return given.masked_fill(hidden[:, None], 0), target.masked_fill(~hidden, -100)


def flipping(both: bool) -> Any:
    def collate(samples: Any) -> Any:
        given, target = default_collate(samples)
        if torch.rand(()) < 0.5:
            given, target = given.flip(-1), target.flip(-1) if both else target
        return {"image": given, "mask": target}

    return collate


def test_noise_of_a_collate_function_is_seen():
    assert _twice(made(noisy), range(8), 0, 60, same_target=True)[:2] == (8, 8)


def test_what_is_asked_for_is_drawn_too_where_words_are_masked():
    assert _twice(made(masking), range(8), 0, 60, same_target=True)[:2] == (8, 0)


@pytest.mark.parametrize(("both", "kind"), [(True, "followed"), (False, "stayed")])
def test_what_a_collate_function_turns_is_followed(both: bool, kind: str):
    found = placements(made(flipping(both)), range(8), 0, 60)
    assert found is not None and found[kind] >= 5 and found["followed"] + found["stayed"] == found[kind]


@pytest.mark.parametrize("collate", [None, default_collate, lambda samples: {"mean": torch.tensor(1.0)}, lambda samples: samples, lambda samples: 1 / (len(samples) - 1)])
def test_a_collate_function_that_makes_no_rows_of_one_sample_is_left_alone(collate: Any):
    assert made(collate) is None
