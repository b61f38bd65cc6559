"""Which way round a comparison with the best so far is, by its text: as people write it, and what only looks like it.
Not the verdict: that is the check T1."""

from __future__ import annotations

import pytest
from harness import REPOSITORY  # noqa: F401  puts gonogo on the path

from gonogo.kept_by_hand import in_text

KEPT = [
    ("if loss > best_loss:\n    best_loss = loss", ("loss", "max")),
    ("if loss < best_loss:\n    best_loss = loss", ("loss", "min")),
    ("if best_loss > loss:\n    save(model)\n    best_loss = loss", ("loss", "min")),
    ("if self.best is None or val_loss < self.best:\n    self.best = val_loss", ("val_loss", "min")),
    ("if loss > best['loss']:\n    best.update(loss=loss, state=0)", ("loss", "max")),
    ("if m['val_acc'] >= best_acc:\n    best_acc, best_epoch = m['val_acc'], epoch", ("val_acc", "max")),
    ("if score > best_score:\n    best_score = score", ("score", "max")),
    ("if acc < self.best_score:\n    self.best_score = acc", ("acc", "min")),
]

NOT_KEPT = [
    # a stopper counts; the best is replaced elsewhere
    "if loss > best_loss:\n    waited += 1\nelse:\n    best_loss = loss",
    # the negative of a loss is a score
    "if -loss > best_loss:\n    best_loss = -loss",
    "if loss > best_loss - delta:\n    best_loss = loss",
    # a record of the worst
    "if loss > worst_loss:\n    worst_loss = loss",
    # two names that contradict each other say nothing
    "if loss < best_acc:\n    best_acc = loss",
    "if loss > best_loss:\n    best_loss = other",
    "if asbestos > rest:\n    rest = asbestos",
]


@pytest.mark.parametrize("text, expected", KEPT)
def test_a_keeper_is_read(text: str, expected: tuple[str, str]) -> None:
    assert [(metric, direction) for _, metric, direction in in_text(text)] == [expected]


@pytest.mark.parametrize("text", NOT_KEPT)
def test_what_keeps_nothing_is_left_alone(text: str) -> None:
    assert list(in_text(text)) == []
