"""Reading a sample leaves its row as it was, or does not.
Not the verdicts: those are the checks D6 and V1."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from harness import REPOSITORY  # noqa: F401  puts gonogo on the path
from torch.utils.data import Dataset, Subset

from gonogo.spoilt import spoilt


class Rows(Dataset):
    def __init__(self, read, rows=None):
        self.rows, self.read, self.cache = torch.rand(20, 6) if rows is None else rows, read, torch.zeros(20, 6)

    def __len__(self):
        return 20

    def __getitem__(self, index):
        return self.read(self, index), index % 3


def masked(self, index):
    row = self.rows[index]
    row[int(torch.randint(0, 6, ()))] = 0.0
    return row


def cached(self, index):
    if not self.cache[index].any():
        self.cache[index] = 2 * self.rows[index]
    return self.cache[index] + torch.randn(6)


IN_PLACE = {
    "normalised": lambda self, index: self.rows[index].sub_(0.5).div_(0.2),
    "noise": lambda self, index: self.rows[index].add_(torch.randn(6)),
}
HEALTHY = {
    "copied": lambda self, index: self.rows[index].clone().sub_(0.5).div_(0.2),
    "cached": cached,
    "in place, to the same end": lambda self, index: self.rows[index].clamp_(0.2, 0.8),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_a_row_that_each_reading_changes(name):
    data = Rows(IN_PLACE[name])
    found = spoilt(Subset(data, range(5, 15)), range(4), 0, 60)
    assert found == {"tried": 4, "changed": 4, "held": "rows"}


def test_other_places_are_masked_each_time_and_what_was_is_put_back():
    data = Rows(masked)
    before = data[3][0].clone()
    assert spoilt(data, range(3, 7), 0, 60)["changed"] >= 2
    assert int((data.rows[3] == 0).sum()) <= int((before == 0).sum()) + 1


def test_lists_of_arrays_and_arrays_of_numpy():
    def noisy(self, index):
        self.rows[index] += np.random.randn(6)
        return self.rows[index]

    for rows in ([np.random.rand(6) for _ in range(20)], np.random.rand(20, 6)):
        assert spoilt(Rows(noisy, rows), range(4), 0, 60)["changed"] == 4


@pytest.mark.parametrize("name", HEALTHY)
def test_rows_that_stay(name):
    assert spoilt(Rows(HEALTHY[name]), range(4), 0, 60)["changed"] == 0


def test_no_rows_to_be_seen():
    assert spoilt(Rows(lambda self, index: torch.rand(7)), range(4), 0, 60) is None
