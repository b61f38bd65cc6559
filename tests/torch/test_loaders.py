"""A loader with workers goes on exactly after a save in mid-epoch, at a boundary, and in the same process: every kind in data_kinds.py.
Not the kill test: that takes whole runs (resume.test.ts)."""

from __future__ import annotations

import importlib.util
import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from harness import request

from gonogo import checkpoint, lanes
from gonogo.loader_feed import LoaderFeed
from gonogo.subject import Subject

KINDS = Path(__file__).parent / "data_kinds.py"
WITHOUT_STATE = {"stateful", "stateful-plain"}
#: Saved at every stop; the others once in mid-epoch and once at a boundary.
THOROUGH = {"shuffled", "persistent", "lazy-sampler", "plain"}
ALL = [
    "plain", "shuffled", "one-worker", "three-workers", "persistent", "persistent-held", "spawn", "forkserver", "held", "held-plain", "lazy",
    "lazy-plain", "init-fn", "own-generator", "sampler-generator", "lazy-sampler", "lazy-sampler-plain", "weighted", "groups",
    "batches-of-batches", "unbatched", "stream", "stream-plain", "remembering", "own-loader", "stateful", "stateful-plain",
]


@pytest.fixture(autouse=True)
def as_it_was():
    yield
    torch.set_deterministic_debug_mode("default")


def opened(kind: str, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> Subject:
    if kind in WITHOUT_STATE and importlib.util.find_spec("torchdata") is None:
        pytest.skip("torchdata is not installed")
    monkeypatch.setenv("TEST_KIND", kind)
    # Whatever this process has drawn so far must not matter.
    random.seed(os.urandom(8)), np.random.seed(None), torch.seed()
    return Subject(request(KINDS, **changes))


def steps(subject: Subject, count: int) -> list[Any]:
    records = [record for group in subject.train({"steps": count}, lambda: False) for record in group]
    return [(one["step"], one["epoch"], one["loss"], one["samples"]) for one in records]


def digests(subject: Subject) -> dict[str, Any]:
    report = subject.state({"op": "digest", "detail": True})
    return {one["section"]: {entry["name"]: entry["digest"] for entry in one["entries"]} for one in report["sections"] if one["section"] != "mode"}


def save(subject: Subject, folder: Path) -> str:
    folder.mkdir()
    subject.persist({"op": "save", "dir": str(folder)})
    return str(folder)


def end(subject: Subject) -> None:
    assert isinstance(subject.feed(), LoaderFeed)
    subject.feed().close()


@pytest.mark.parametrize("kind", ALL)
def test_a_resume_is_exact_wherever_it_was_saved(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    straight = opened(kind, monkeypatch)
    epoch = straight.facts["stepsPerEpoch"]
    saved, records = {}, []
    stops = [1, 5, epoch - 1, epoch, epoch + 3, 2 * epoch, 2 * epoch + 2]
    for stop in stops:
        records += steps(straight, stop - len(records))
        saved[stop] = (save(straight, tmp_path / f"{stop}"), digests(straight))
    final = digests(straight)
    end(straight)
    for stop in stops[:-1] if kind in THOROUGH else (5, epoch):
        resumed = opened(kind, monkeypatch)
        folder, then = saved[stop]
        resumed.persist({"op": "load", "dir": folder})
        assert digests(resumed) == then
        assert steps(resumed, len(records) - stop) == records[stop:], f"saved after step {stop}"
        now = digests(resumed)
        assert now == final, f"saved after step {stop}"
        end(resumed)


@pytest.mark.parametrize("kind", ["shuffled", "persistent", "held", "stream", "plain"])
def test_a_restore_in_the_same_process_is_exact(kind: str, monkeypatch: pytest.MonkeyPatch):
    subject = opened(kind, monkeypatch)
    steps(subject, 4)
    subject.state({"op": "capture", "slot": "here"})
    before = digests(subject)
    records = steps(subject, 12)
    after = digests(subject)
    for _ in range(2):
        subject.state({"op": "restore", "slot": "here"})
        assert digests(subject) == before
        assert steps(subject, 12) == records
        assert digests(subject) == after
    end(subject)
