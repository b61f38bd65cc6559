"""A model's calls made again with one argument changed: what is used and what is not, and what a decoder may see.
Not the verdicts: those are the checks D2 and D10."""

from __future__ import annotations

from typing import Any

import torch
from harness import REPOSITORY  # noqa: F401  puts gonogo on the path
from torch import nn
from torch.nn import functional as F

from gonogo.calls import Recorded, _report
from gonogo.found import Found

WORDS = torch.randint(3, 20, (6, 12), generator=torch.Generator().manual_seed(0))
SOURCE = torch.randint(3, 20, (6, 9), generator=torch.Generator().manual_seed(1))


def looked(model: nn.Module, step: Any) -> list[dict[str, Any]]:
    with Recorded(Found(modules={"model": model})) as recorded:
        step(model)
    return [one for one in (_report(call) for call in recorded.calls) if one is not None]


class Timed(nn.Module):
    def __init__(self, steps: int):
        super().__init__()
        self.steps, self.time, self.layer, self.drop = steps, nn.Linear(1, 4), nn.Linear(4, 4), nn.Dropout(0.5)

    def forward(self, x: Any, t: Any, *, scale: Any = None, index: Any = None) -> Any:
        h = self.layer(x) + self.time((t // self.steps).float()[:, None])
        return {"out": self.drop(h), "size": h.shape[0] if scale is None else h * scale[:, None]}


def test_an_argument_that_nothing_hangs_on() -> None:
    x, t = torch.randn(6, 4), torch.arange(6)
    for steps, effect in ((1, True), (100, False)):
        [call] = looked(Timed(steps), lambda model: model(x, t, scale=torch.rand(6), index=torch.ones(6)))
        told = {one["name"]: one for one in call["arguments"]}
        assert call["kind"] == "Timed" and told["x"]["effect"] > 0 and told["scale"]["effect"] > 0
        assert (told["t"]["effect"] > 0) is effect
        assert told["index"]["varies"] is False and told["index"]["effect"] is None


def test_rows_of_lists_with_one_thing_a_sample_are_no_samples() -> None:
    class Detector(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(4, 4)

        def forward(self, images: Any, targets: Any) -> Any:
            return self.layer(torch.stack(images)).sum() + sum(one["boxes"].sum() for one in targets)

    images = [torch.randn(3, 4) for _ in range(5)]
    [call] = looked(Detector(), lambda model: model(images, [{"boxes": torch.randn(3, 4)} for _ in images]))
    assert not any(one["varies"] for one in call["arguments"])


def test_only_outermost_calls_of_what_trains_with_gradients() -> None:
    model = nn.ModuleDict({"a": nn.Sequential(nn.Linear(4, 4), nn.ReLU()), "b": nn.Linear(4, 2), "frozen": nn.Linear(4, 4).requires_grad_(False)})
    x = torch.randn(6, 4)

    def step(parts: Any) -> None:
        with torch.no_grad():
            parts["a"](x)
        parts["b"](parts["a"](parts["frozen"](x)))

    assert [(one["module"], one["kind"]) for one in looked(model, step)] == [("model.a", "Sequential"), ("model.b", "Linear")]


def test_a_call_that_draws_elsewhere_each_time_is_left_out() -> None:
    class Counts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer, self.calls = nn.Linear(4, 4), 0

        def forward(self, x: Any) -> Any:
            self.calls += 1
            return self.layer(x) * self.calls

    assert looked(Counts(), lambda model: model(torch.randn(6, 4))) == []


class Decoder(nn.Module):
    def __init__(self, causal: bool):
        super().__init__()
        self.words, self.head, self.causal = nn.Embedding(20, 8), nn.Linear(8, 20), causal

    def forward(self, source: Any, target: Any) -> Any:
        h = self.words(target)
        seen = torch.ones(h.shape[1], h.shape[1]).tril() if self.causal else torch.ones(h.shape[1], h.shape[1])
        return self.head((seen / seen.sum(1, keepdim=True)) @ h + self.words(source).mean(1, keepdim=True))


def sequence(causal: bool, shift: int) -> dict[str, Any]:
    def step(model: nn.Module) -> None:
        given, wanted = WORDS[:, : 12 - shift], WORDS[:, shift:]
        F.cross_entropy(model(SOURCE, given).reshape(-1, 20), wanted.reshape(-1)).backward()

    [call] = looked(Decoder(causal), step)
    told = {one["name"]: one["sequence"] for one in call["arguments"]}
    # what is asked for is compared with every argument; the source has another length
    assert told["source"] is None
    return told["target"]


def test_what_a_decoder_sees() -> None:
    healthy, blind, given = sequence(True, 1), sequence(False, 1), sequence(True, 0)
    assert healthy["next"] == blind["next"] == 1 and given["same"] == 1 and healthy["others"] == 1
    assert len(healthy["positions"]) >= 3
    assert max(healthy["before"]) == 0 and min(healthy["after"]) > 0
    assert min(blind["before"]) > 0
    assert max(given["before"]) == 0 and min(given["own"]) > 0


def test_padding_stays_padding() -> None:
    words = WORDS.clone()
    words[:4, 5:] = 0

    def step(model: nn.Module) -> None:
        F.cross_entropy(model(SOURCE, words[:, :-1]).reshape(-1, 20), words[:, 1:].reshape(-1), ignore_index=0).backward()

    [call] = looked(Decoder(True), step)
    told = {one["name"]: one["sequence"] for one in call["arguments"]}["target"]
    assert told["next"] == 1 and max(told["before"]) == 0
