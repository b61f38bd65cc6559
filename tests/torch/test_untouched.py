"""What a data set makes on first use stays with the worker that uses it: a look at samples in this process leaves none behind.
Not generators that are there from the start."""

from __future__ import annotations

import numpy as np
from harness import REPOSITORY  # noqa: F401  puts gonogo on the path
from torch.utils.data import ConcatDataset, Dataset, Subset

from gonogo.untouched import untouched


class Lazy(Dataset):
    def __init__(self) -> None:
        self.generator, self.kept = None, {}

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> float:
        if self.generator is None:
            self.generator = np.random.default_rng(0)
            self.opened = object()
        self.kept[index] = self.generator.normal()
        return self.kept[index]


def test_what_was_made_inside_is_gone_afterwards_however_deep_the_data_set_lies() -> None:
    inner = Lazy()
    whole = Subset(ConcatDataset([inner, Lazy()]), [0, 5])
    with untouched(whole, 2):
        assert isinstance(whole[0], float)
        assert inner.generator is not None
    assert inner.generator is None and not hasattr(inner, "opened")
    assert whole[0] is not None and inner.generator is not None


def test_without_workers_this_process_is_the_one_that_decodes() -> None:
    inner = Lazy()
    with untouched(inner, 0):
        inner[0]
    assert inner.generator is not None
