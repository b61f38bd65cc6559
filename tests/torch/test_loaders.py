"""A loader with workers goes on exactly after a save in mid-epoch, at a boundary, and in the same process: every kind in data_kinds.py.
Not the kill test: that takes whole runs (resume.test.ts)."""

from __future__ import annotations

import importlib.util
import os
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from harness import request

from gonogo import checkpoint, lanes
from gonogo.loader_feed import LoaderFeed
from gonogo.records import unpacked
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
    records = [record for group in subject.train({"steps": count}, lambda: False) for record in unpacked(group)]
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


MANAGED = '''
import sys
sys.path.insert(0, {here!r})
import os
import gonogo, torch
from torch import nn
import data_kinds


class Vectorised(gonogo.Experiment):
    task = gonogo.classification(classes=3)

    def datasets(self):
        noisy = getattr(data_kinds, os.environ["TEST_DATA"], None)
        data = noisy() if noisy else gonogo.arrays(*self.held(), transform=lambda x: x + torch.randn(x.shape))
        return {{"train": data, "val": gonogo.arrays(*self.held())}}

    def held(self):
        data = data_kinds.Noisy()
        return data.image, data.label

    def model(self):
        return nn.Sequential(nn.Linear(5, 8), nn.Dropout(0.3), nn.Linear(8, 3))

    def optimizers(self, model):
        return torch.optim.Adam(model.parameters(), lr=0.01)
'''


@pytest.mark.parametrize("data", ["Noisy", "Held", "Lazy", "arrays"])
def test_the_number_of_managed_workers_changes_nothing(data: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TEST_DATA", data)
    path = tmp_path / "managed_workers.py"
    path.write_text(MANAGED.format(here=str(KINDS.parent)))

    def open_with(workers: int) -> Subject:
        sys.modules.pop("data_kinds", None)  # its global generator begins anew, as in a fresh process
        random.seed(os.urandom(8)), np.random.seed(None), torch.seed()
        return Subject(request(path, batchSize=8, workers=workers))

    straight = open_with(0)
    records = steps(straight, 4)
    folder, then = save(straight, tmp_path / "saved"), digests(straight)
    records += steps(straight, 9)
    final = digests(straight)
    for workers in (2, 3) if data == "Noisy" else (2,):
        other = open_with(workers)
        assert steps(other, 13) == records
        assert digests(other) == final
        other.persist({"op": "load", "dir": folder})
        assert digests(other) == then
        assert steps(other, 9) == records[4:]
        assert digests(other) == final
        other.feed().close()


def test_noise_differs_between_samples_epochs_and_seeds():
    from gonogo.keyed import noise_seed
    from gonogo.seeds import stream

    drawn = {noise_seed(stream(seed, f"samples/{epoch}"), sample) for seed in range(3) for epoch in range(3) for sample in range(1000)}
    assert len(drawn) == 9000 and all(0 <= one < 2**63 for one in drawn)
