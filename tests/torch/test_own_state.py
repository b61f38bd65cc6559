"""What a project's own objects hold is put back within a process and kept by the managed checkpoint; an optimizer around another is
seen through; a data set that its loop fills can be looked at. Not a checkpoint of the project's own: that is on trial."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from harness import request, unpacked

from gonogo import batches
from gonogo.evaluation import Outputs, first_of
from gonogo.found import find
from gonogo.state import digest
from gonogo.subject import Subject

PROGRAM = Path(__file__).parent / "own_state.py"


def opened(kind: str, monkeypatch: pytest.MonkeyPatch) -> Subject:
    monkeypatch.setenv("TEST_KIND", kind)
    return Subject(request(PROGRAM, batchSize=8))


def steps(subject: Subject, count: int) -> list[Any]:
    return [one["loss"] for group in subject.train({"steps": count}, lambda: False) for one in unpacked(group)]


@pytest.mark.parametrize("kind", ["replay", "drawing"])  # the latter at an epoch's end: its loop cannot be entered in its middle
def test_steps_go_on_as_they_were(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    subject = opened(kind, monkeypatch)
    steps(subject, 3)
    subject.state({"op": "capture", "slot": "here"})
    subject.persist({"op": "save", "dir": str(tmp_path)})
    records = steps(subject, 9)
    subject.state({"op": "restore", "slot": "here"})
    again = steps(subject, 9)
    fresh = opened(kind, monkeypatch)
    fresh.persist({"op": "load", "dir": str(tmp_path)})
    loaded = steps(fresh, 9)
    assert again == records
    assert loaded == records


def test_an_object_that_is_left_out_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    subject = opened("replay", monkeypatch)
    steps(subject, 3)
    subject.persist({"op": "save", "dir": str(tmp_path)})
    records = steps(subject, 9)
    fresh = opened("replay", monkeypatch)
    monkeypatch.setattr("gonogo.belongings.put", lambda *_: None)
    fresh.persist({"op": "load", "dir": str(tmp_path)})
    assert steps(fresh, 9) != records


def test_the_optimizer_within_makes_the_updates(monkeypatch: pytest.MonkeyPatch):
    subject = opened("drawing", monkeypatch)
    found = find(subject.experiment)
    assert list(found.optimizers) == ["optimizer.inner"] and list(found.wrappers) == ["optimizer"]
    assert found.stepped() == [found.wrappers["optimizer"]]
    records = [one for group in subject.train({"steps": 3, "observe": True}, lambda: False) for one in unpacked(group)]
    assert [[update["outcome"] for update in one["updates"]] for one in records] == [["applied"]] * 3


def test_objects_have_a_digest_of_what_they_hold():
    one, same = (SimpleNamespace(given=torch.arange(3), inner=SimpleNamespace(rest=[1, np.float32(2)])) for _ in range(2))
    assert batches.bytes_digest(one) == batches.bytes_digest(same)
    same.inner.rest[0] = 3
    assert batches.bytes_digest(one) != batches.bytes_digest(same)
    one.itself = one  # and one that refers to itself has a digest too
    assert batches.bytes_digest(one)


def test_a_loss_in_front_of_the_outputs():
    loss, outputs = torch.tensor(0.5), torch.rand(4, 3)
    assert first_of((loss, outputs, torch.tensor(1.0)), 4) is outputs
    seen = Outputs()
    model = torch.nn.Module()
    model.forward = lambda _: (loss, torch.tensor(1.0))
    with seen.of([model]):
        seen.passing((torch.rand(4, 2), torch.zeros(4)), 4)
        model(None)
    assert seen.json() is None


def test_a_number_of_numpys_has_the_digest_of_pythons():
    # what a checkpoint gives back is a float, and a rate out of np.linspace was none
    rate = np.linspace(0.0, 1.0, 7)[3]
    assert digest(rate) == digest(float(rate))
    assert digest((np.float64(0.9), 0.999)) == digest((0.9, 0.999))
    assert digest(np.int64(3)) == digest(3) != digest(np.int64(4))
    assert digest(np.float64(0.1)) != digest(0.2)
