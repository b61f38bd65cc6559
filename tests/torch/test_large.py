"""What a model too large for copies is asked: frugal observation, heads of files, captured states that share what is equal.
Not the sizes themselves: tests/slow/large is for that."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from harness import request

from gonogo import memory, state
from gonogo.found import find
from gonogo.norms import thinned
from gonogo.records import unpacked
from gonogo.subject import Subject
from gonogo.weights import headers, weights

EXPERIMENT = Path(__file__).parents[1] / "slow" / "large" / "experiment.py"
CONFIG = {"layers": 2, "width": 64, "heads": 4, "context": 16, "samples": 64}


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    yield
    torch.set_deterministic_debug_mode("default")


def opened() -> Subject:
    return Subject(request(EXPERIMENT, batchSize=4, config=CONFIG))


def records(subject: Subject, **probe: object) -> list[dict]:
    return [record for group in subject.train({"steps": 2, **probe}, lambda: False) for record in unpacked(group)]


def test_a_frugal_look_has_the_norms_of_a_whole_one_and_copies_nothing() -> None:
    whole, thrifty = records(opened(), observe=True), records(opened(), observe="frugal")
    for one, other in zip(whole, thrifty):
        assert other["loss"] == one["loss"]
        assert other["nonFinite"] == one["nonFinite"]
        assert other["updates"][0]["gradientNorm"] == pytest.approx(one["updates"][0]["gradientNorm"])
        assert other["updates"][0]["clippedNorm"] == pytest.approx(one["updates"][0]["clippedNorm"])
        for name, seen in one["parameters"].items():
            rough = other["parameters"][name]
            assert (rough["gradient"], rough["clipped"], rough["norm"]) == pytest.approx((seen["gradient"], seen["clipped"], seen["norm"])), name
            assert rough["change"] == pytest.approx(seen["change"], rel=0.5), name
        assert "againstFirst" not in other
    subject = opened()
    records(subject, observe="frugal")
    assert subject.watch._raw == {} and subject.watch._used == {} and subject.watch._first is None
    # The next look is whole again.
    assert records(subject, observe=True)[1]["againstFirst"]["cosine"] <= 1.0


def test_a_thinned_tensor_meets_every_column() -> None:
    tensor = torch.arange(512 * 512).reshape(512, 512)
    chosen = thinned(tensor).tolist()
    assert len(chosen) <= 5000
    assert len({one % 512 for one in chosen}) == 512


def test_heads_of_files_name_what_the_files_hold(tmp_path: Path) -> None:
    subject = opened()
    folder = tmp_path / "managed"
    folder.mkdir()
    subject.persist({"op": "save", "dir": str(folder)})
    told, read = headers(str(folder)), weights(str(folder))
    assert [(one["name"], one["shape"]) for one in told["tensors"]] == [(one["name"], one["shape"]) for one in read["tensors"]]
    assert told["files"] == read["files"]
    assert {one["dtype"] for one in told["tensors"] if "weight" in one["name"]} == {"float32"}
    own = tmp_path / "own"
    own.mkdir()
    torch.save({"model": subject.experiment.model.state_dict(), "step": 3}, own / "model.pt")
    torch.save({"half": torch.zeros(3, dtype=torch.bfloat16)}, own / "old.pt", _use_new_zipfile_serialization=False)
    torch.save({"pickled": subject.experiment.model}, own / "whole.pt")
    told = headers(str(own))
    assert {one["name"]: one["dtype"] for one in told["tensors"]}["half"] == "bfloat16"
    assert {one["name"] for one in told["tensors"]} >= {"model.embedding.weight", "model.head.weight"}
    assert [bool(one["error"]) for one in told["files"]] == [False, False, True]


def test_captured_states_share_what_is_equal_bit_by_bit() -> None:
    subject = opened()
    experiment, found, slots = subject.experiment, find(subject.experiment), state.Slots()
    slots.capture("a", state.read(experiment, found, False), found)
    slots.capture("b", state.read(experiment, found, False), found)
    first, second = (slots._slots[name][0]["parameters"]["embedding.weight"] for name in "ab")
    assert first is second and first.data_ptr() != experiment.model.embedding.weight.data_ptr()
    with torch.no_grad():
        experiment.model.embedding.weight.data[0, 0] = 0.0
    slots.capture("zero", state.read(experiment, found, False), found)
    with torch.no_grad():
        experiment.model.embedding.weight.data[0, 0] = -0.0
    slots.capture("negative", state.read(experiment, found, False), found)
    zero, negative = (slots._slots[name][0]["parameters"]["embedding.weight"] for name in ("zero", "negative"))
    assert zero is not negative and torch.signbit(negative[0, 0]) and not torch.signbit(zero[0, 0])
    # What was captured stays, whatever is put back and trained on afterwards.
    before = first.clone()
    slots.restore("b", experiment, find(experiment))
    records(subject)
    slots.restore("a", experiment, find(experiment))
    assert torch.equal(first, before) and torch.equal(experiment.model.embedding.weight, before)


def test_the_rates_of_the_run_are_told_without_a_copy_of_the_weights() -> None:
    kept, moved = opened(), opened()
    whole, rough = kept.schedule({"points": 20}), moved.schedule({"points": 20, "moves": True})
    assert rough == whole
    assert moved.experiment.progress.step == 0
    assert moved.experiment.optimizer.param_groups[0]["lr"] == kept.experiment.optimizer.param_groups[0]["lr"]
    # Trained on from there, the rates are those of the run's beginning.
    assert records(moved)[0]["updates"][0]["learningRates"] == records(kept)[0]["updates"][0]["learningRates"]


def test_a_subject_says_what_it_takes_and_what_is_free() -> None:
    room = opened().facts["memory"]
    assert 10**7 < room["used"] < 10**11 and room["free"] > 10**6
    assert memory.room(torch.device("meta")) is None
