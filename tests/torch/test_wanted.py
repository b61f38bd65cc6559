"""What a loss asks for against what the model was given: each shift, however the loss is written; padding and what is left out.
Not whether outputs see later inputs: that is asked in a real process, in test_probes.py."""

from __future__ import annotations

import pytest
import torch
from harness import REPOSITORY  # noqa: F401  puts gonogo on the path
from torch import nn
from torch.nn.functional import cross_entropy

from gonogo.wanted import Wanted, against

WORDS = torch.randint(1, 50, (6, 12), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("shift", "name"), [(0, "same"), (1, "next"), (2, "second")])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("form", ["flat", "channels", "module"])
def test_every_form_of_the_loss_is_seen(shift: int, name: str, smoothing: float, form: str) -> None:
    model = nn.Embedding(50, 50)
    with Wanted([model]) as watch:
        logits, target = model(WORDS)[:, : 12 - shift], WORDS[:, shift:]
        if form == "flat":
            cross_entropy(logits.reshape(-1, 50), target.reshape(-1), label_smoothing=smoothing).backward()
        elif form == "channels":
            cross_entropy(logits.transpose(1, 2), target, label_smoothing=smoothing)
        else:
            nn.CrossEntropyLoss(label_smoothing=smoothing)(logits.flatten(0, 1), target.flatten())
    found = watch.report()
    assert found is not None and found[name] == 1 and found["scored"] == 1
    assert all(found[other] < 0.2 for other in ("next", "same", "second") if other != name)


def test_padding_and_what_is_left_out_do_not_count() -> None:
    words, target = WORDS.clone(), WORDS.roll(-1, 1)
    words[:3, 7:], target[:3, 6:], target[3, :4] = 0, -100, -100
    found = against(words, target, -100)
    assert found is not None and found["next"] == 1 and 0.8 < found["scored"] < 1


def test_nothing_is_told_of_other_shapes_and_of_classes() -> None:
    assert against(WORDS, torch.zeros(6, dtype=torch.int64), -100) is None
    model = nn.Linear(4, 3)
    with Wanted([model]) as watch:
        cross_entropy(model(torch.randn(5, 4)), torch.randint(3, (5,)))
    assert watch.report() is None
