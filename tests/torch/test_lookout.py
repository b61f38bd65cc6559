"""Samples that are looked at while training goes on: a watched run is the same to the last bit, and says what passed.
Not what is made of it: src/train/inflight.test.ts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from harness import request

from gonogo import lookout
from gonogo.lookout import Lookout
from gonogo.records import unpacked
from gonogo.subject import Subject

SHARDS = Path(__file__).parents[1] / "slow" / "large" / "shards.py"


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(lookout, "EVERY", 0.0)
    yield
    torch.set_deterministic_debug_mode("default")


def opened(**config: Any) -> Subject:
    return Subject(request(SHARDS, batchSize=16, evaluateBatchSize=100, config={"shards": 1, "width": 4, **config}))


def run(subject: Subject, watch: bool) -> list[dict[str, Any]]:
    found = [subject.evaluate({"limit": 300, "watch": watch})["metrics"]]
    for _ in range(3):
        groups = subject.train({"steps": 5, "watch": watch}, lambda: False)
        found += [record for group in groups for record in unpacked(group)]
    return found


def bare(records: list[dict[str, Any]]) -> list[Any]:
    return [(one.get("loss"), one.get("samples"), one.get("updates"), one.get("val_loss")) for one in records]


def test_a_watched_run_is_the_same_to_the_last_bit() -> None:
    plain, watched = opened(), opened()
    without, within = run(plain, False), run(watched, True)
    assert bare(within) == bare(without)
    told = [one["inFlight"] for one in within[1:] if "inFlight" in one]
    assert told and not any("inFlight" in one for one in without[1:])
    assert told[-1]["looked"] > 0 and told[-1]["validation"] > 0 and told[-1]["common"] == 0
    digest = [[one["digest"] for one in subject.state({"op": "digest"})["sections"]] for subject in (plain, watched)]
    assert digest[0] == digest[1]


def batch(values: list[float]) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.tensor(values).reshape(-1, 1), torch.zeros(len(values), dtype=torch.int64)




def test_what_is_trained_on_and_validated_on_is_met_once_for_each_sample() -> None:
    look = Lookout()
    look.validation(batch([1.0, 2.0, 3.0]))
    look.training(batch([3.0, 4.0, 3.0, 5.0]), [10, 11, 12, 13], True)
    told = look.report()
    assert told is not None
    assert (told["looked"], told["common"], told["distinct"], told["validation"], told["twins"]) == (4, 2, 1, 3, 1)
    assert told["commonAt"] in (10, 12) and told["pairs"] == 0 + 1 + 2 + (3 if told["twins"] == 0 else 2)
    # A later epoch brings no new samples.
    look.training(batch([1.0]), [14], False)
    later = look.report()
    assert later is not None and (later["looked"], later["common"]) == (5, 2)
    assert look.report() is None


def test_samples_that_come_again_and_numbers_that_are_none() -> None:
    look = Lookout()
    look.training(batch([1.0, float("nan")]), [0, 1], True)
    look.training(batch([1.0, 7.0]), [0, 1], False)
    told = look.report()
    assert told is not None
    assert (told["again"], told["changing"], told["notFinite"], told["notFiniteAt"]) == (2, 1, 1, 1)


def test_it_takes_no_more_than_its_share_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(lookout.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(lookout.batches, "bytes_digest", lambda _: now.__setitem__(0, now[0] + 0.001) or str(now[0]))
    look = Lookout()
    own = 0.0
    for _ in range(200):
        now[0] += 1  # a step
        before = now[0]
        look.training((torch.zeros(64, 3), torch.zeros(64)), np.arange(64), True)
        own += now[0] - before
    assert own < 1.5 * lookout.SHARE * now[0] + lookout.FIRST and look._counts["looked"] > 100


def test_text_and_batches_of_another_length_than_their_ids_are_passed_over() -> None:
    look = Lookout()
    look.training((["a", "b"], torch.zeros(2)), [0, 1], True)
    look.training(batch([1.0, 2.0]), [0, 1, 2], True)
    assert look.report() is None
