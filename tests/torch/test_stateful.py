"""Averages, schedules, parametrized, lazy, tied and compiled modules: restored in one process and loaded in another, bitwise.
Not loaders: test_loaders.py."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import torch
from harness import request

from gonogo.records import unpacked
from gonogo.subject import Subject

PROGRAMS = Path(__file__).parent / "stateful_kinds.py"
ALL = [
    "ema", "swa", "plateau", "schedulers", "many-optimizers", "weight-norm", "spectral-norm", "old-spectral-norm", "orthogonal", "lazy",
    "recomputed", "tied", "plain-list", "compiled",
]


@pytest.fixture(autouse=True)
def as_it_was():
    yield
    torch.set_deterministic_debug_mode("default")


def opened(kind: str, monkeypatch: pytest.MonkeyPatch) -> Subject:
    monkeypatch.setenv("TEST_KIND", kind)
    torch.manual_seed(int.from_bytes(os.urandom(4), "little"))
    return Subject(request(PROGRAMS, batchSize=8))


def steps(subject: Subject, count: int) -> list[Any]:
    records = [record for group in subject.train({"steps": count}, lambda: False) for record in unpacked(group)]
    return [(one["step"], one["loss"], one["samples"], [update["learningRates"] for update in one["updates"]]) for one in records]


def digests(subject: Subject) -> dict[str, Any]:
    report = subject.state({"op": "digest", "detail": True})
    return {one["section"]: {entry["name"]: entry["digest"] for entry in one["entries"]} for one in report["sections"]}


@pytest.mark.parametrize("kind", ALL)
def test_state_comes_back_bitwise(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    subject = opened(kind, monkeypatch)
    names = [one["name"] for one in subject.facts["tensors"]]
    assert not [name for name in names if "_orig_mod" in name]
    steps(subject, 6)
    subject.state({"op": "capture", "slot": "here"})
    subject.persist({"op": "save", "dir": str(tmp_path)})
    before = digests(subject)
    records, after = steps(subject, 6), digests(subject)
    assert before["parameters"] != after["parameters"]
    subject.state({"op": "restore", "slot": "here"})
    assert digests(subject) == before
    assert steps(subject, 6) == records
    assert digests(subject) == after
    fresh = opened(kind, monkeypatch)
    fresh.persist({"op": "load", "dir": str(tmp_path)})
    loaded = digests(fresh)
    assert {name: one for name, one in loaded.items() if name != "mode"} == {name: one for name, one in before.items() if name != "mode"}
    assert steps(fresh, 6) == records
    assert digests(fresh) == after


def test_a_tied_weight_counts_once(monkeypatch: pytest.MonkeyPatch):
    tensors = opened("tied", monkeypatch).facts["tensors"]
    assert {one["name"]: one["tiedTo"] for one in tensors}["back.weight"] == "embed.weight"


def test_averages_are_found_by_name(monkeypatch: pytest.MonkeyPatch):
    found = digests(opened("ema", monkeypatch))["ema"]
    assert {name.split(".")[0] for name in found} == {"average", "ema", "ema_model"}
