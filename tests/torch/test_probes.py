"""The closer looks at an opened experiment, in real processes: each number against one computed another way, or against a change
that must show. Not training, evaluating and saving themselves: those are in test_worker.py."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import Process, Refused, request

HERE = Path(__file__).parent
PROBED = HERE / "probed.py"


@pytest.fixture(scope="module")
def process() -> Iterator[Process]:
    """One process for many experiments: importing PyTorch is what costs."""
    with Process() as one:
        yield one


@pytest.fixture
def opened(process: Process, tmp_path: Path) -> Any:
    def open_(kind: str, **changes: Any) -> Process:
        path = tmp_path / f"{kind.lower()}_experiment.py"
        path.write_text(f"import sys\nsys.path.insert(0, {str(HERE)!r})\nfrom probed import {kind}\nexperiment = {kind}\n")
        process.facts = process.ask("open", **request(path, **{"batchSize": 8, "evaluateBatchSize": 16, **changes}))
        process.ask("state", op="capture", slot="initial")
        return process

    return open_


def steps(process: Process, count: int, **probe: Any) -> list[dict[str, Any]]:
    return process.ask("train", steps=count, **probe)


def anew(process: Process, count: int, **probe: Any) -> list[dict[str, Any]]:
    process.ask("state", op="restore", slot="initial")
    return steps(process, count, **probe)


def section(process: Process, name: str) -> str:
    return next(one["digest"] for one in process.ask("state", op="digest")["sections"] if one["section"] == name)


def test_a_step_descends_along_the_gradient_that_the_optimizer_saw(opened: Any):
    process = opened("Plain")
    [free] = anew(process, 1, observe=True)
    for one in free["parameters"].values():
        assert one["clipped"] == one["gradient"]
        assert one["descent"] == pytest.approx(-0.1 * one["gradient"] ** 2, rel=1e-3)
    [update] = free["updates"]
    assert update["clippedNorm"] == update["gradientNorm"] > 0.01
    assert free["nonFinite"] == {"gradients": 0, "optimizer": 0} and free["againstFirst"] == {"ratio": 1, "cosine": 1}
    [clipped] = anew(opened("Plain", clipNorm=0.01), 1, observe=True)
    assert clipped["updates"][0]["gradientNorm"] == pytest.approx(update["gradientNorm"], rel=1e-6)
    assert clipped["updates"][0]["clippedNorm"] == pytest.approx(0.01, rel=1e-3)


def test_a_loss_scale_is_taken_out(opened: Any):
    plain, [scaled] = anew(opened("Manual"), 1, observe=True)[0], anew(opened("Scaled"), 1, observe=True)
    for name, one in plain["parameters"].items():
        for key in ("gradient", "clipped", "descent", "change"):
            assert scaled["parameters"][name][key] == pytest.approx(one[key], rel=1e-3, abs=1e-6), (name, key)
    assert scaled["updates"][0]["clippedNorm"] == pytest.approx(0.01, rel=1e-3)
    assert scaled["updates"][0]["gradientNorm"] == pytest.approx(plain["updates"][0]["gradientNorm"], rel=1e-3)


def test_a_forgotten_zero_grad_adds_the_same_gradient_up(opened: Any):
    still = {"batch": {"frozen": 8}, "learningRate": 0.0, "regularisation": False, "observe": True}
    forgets = [one["againstFirst"] for one in anew(opened("Forgets"), 4, **still)]
    assert [one["ratio"] for one in forgets] == pytest.approx([1, 2, 3, 4], rel=1e-3)
    assert [one["cosine"] for one in forgets] == pytest.approx([1, 1, 1, 1], rel=1e-3)
    healthy = [one["againstFirst"]["ratio"] for one in anew(opened("Epochs"), 4, **still)]
    assert healthy == pytest.approx([1, 1, 1, 1], rel=1e-3)


@pytest.mark.parametrize("kind", ["Adam", "Manual"])
def test_a_suppressed_update_runs_everything_and_changes_no_weight(opened: Any, kind: str):
    process = opened(kind)
    before = {name: section(process, name) for name in ("parameters", "buffers", "schedule")}
    optimizer = process.ask("state", op="digest", detail=True)
    records = steps(process, 3, updates="suppressed", learningRate=0.5, observe=True)
    assert section(process, "parameters") == before["parameters"]
    assert section(process, "buffers") != before["buffers"] and section(process, "schedule") != before["schedule"]
    assert [one["updates"][0]["outcome"] for one in records] == ["skipped"] * 3
    assert all(one["updates"][0]["gradientNorm"] > 0 for one in records)
    now = process.ask("state", op="digest", detail=True)
    moments = [[one["name"] for part in report["sections"] if part["section"] == "optimizer" for one in part["entries"] if ".state." in one["name"]] for report in (optimizer, now)]
    assert moments == [[], []]
    # and afterwards updates are applied again
    steps(process, 1)
    assert section(process, "parameters") != before["parameters"]


def test_the_trace_names_a_term_that_reaches_nothing(opened: Any):
    everything = ["0.bias", "0.weight", "2.bias", "2.weight"]
    [first, second, third] = anew(opened("Terms"), 3, observe=True, trace=True)
    assert first["trace"]["terms"] == {"fit": everything, "dead": []} and first["trace"]["loss"] == everything
    assert "trace" in second and "trace" not in third
    # A project's own step: what the loss was made of is known, what was made beside it is not.
    [manual] = anew(opened("Manual"), 1, observe=True, trace=True)
    found = manual["trace"]["terms"]
    assert found["penalty"] == ["0.weight"] and len(found["fit"]) == 6 and found["loss"] is None


def test_the_trace_finds_leaves_that_nothing_holds(opened: Any):
    first, second = anew(opened("Strays"), 2, observe=True, trace=True)
    assert {(one["name"], tuple(one["shape"]), one["stays"]) for one in first["trace"]["strays"]} == {("probed.LOOSE", (3,), False), (None, (8, 6), False)}
    staying = [one for one in second["trace"]["strays"] if one["stays"]]
    assert [one["name"] for one in staying] == ["probed.LOOSE"] and staying[0]["gradient"] > 0
    assert anew(opened("Manual"), 1, observe=True, trace=True)[0]["trace"]["strays"] == []


def test_places_of_a_derivative_are_no_strays_and_a_resting_network_is_told(opened: Any):
    for record in anew(opened("Places"), 2, observe=True, trace=True):
        assert record["trace"]["strays"] == []
        assert record["trace"]["modes"]["spectators"] == ["judge.bias", "judge.weight"]


def test_the_trace_counts_equal_rows(opened: Any):
    [record] = anew(opened("Twins"), 1, observe=True, trace=True)
    symmetry = record["trace"]["symmetry"]
    assert symmetry["0.weight"]["weights"] == {"rows": 8, "distinctRows": 1, "columns": 6, "distinctColumns": 1, "zero": False}
    assert symmetry["0.weight"]["gradients"]["zero"] and symmetry["2.weight"]["weights"]["zero"]
    [healthy] = anew(opened("Straight"), 1, observe=True, trace=True)
    assert healthy["trace"]["symmetry"]["0.weight"]["gradients"]["distinctRows"] == 8


def test_ids_of_a_live_step_train_the_same_step_again(opened: Any):
    process = opened("Plain")
    live = anew(process, 3, ids=True)
    ids = [one["samples"]["ids"] for one in live]
    assert [len(one) for one in ids] == [8, 8, 8] and len({index for one in ids for index in one}) == 24
    again = anew(process, 3, batch={"ids": ids})
    assert [one["loss"] for one in again] == [one["loss"] for one in live]
    assert [one["samples"]["digest"] for one in again] == [one["samples"]["digest"] for one in live]
    with pytest.raises(Refused) as refused:
        steps(process, 1, batch={"ids": [[64]]})
    assert refused.value.report["code"] == "SAMPLE_UNKNOWN"
    manual = opened("Workers")
    assert anew(manual, 1, batch={"ids": ids[:1]})[0]["samples"]["count"] == 8


def test_parts_of_a_batch_add_up_to_its_gradient(opened: Any):
    process = opened("Straight")
    ids = list(range(12))
    [whole] = anew(process, 1, batch={"ids": [ids]}, observe=True)
    parts = anew(process, 3, batch={"ids": [ids[:4], ids[4:8], ids[8:]]}, accumulate=3, observe=True)
    assert [one["updates"][0]["outcome"] for one in parts] == ["accumulated", "accumulated", "applied"]
    for name, one in whole["parameters"].items():
        assert parts[-1]["parameters"][name]["gradient"] == pytest.approx(one["gradient"], rel=1e-5)
    uneven = anew(process, 2, batch={"ids": [ids[:1], ids[1:]]}, accumulate=2, observe=True)[-1]
    assert uneven["updates"][0]["gradientNorm"] != pytest.approx(whole["updates"][0]["gradientNorm"], rel=1e-3)
    assert opened("Manual").facts["can"]["accumulate"] == {"no": "train_step() accumulates by itself"}


def test_a_batch_is_changed_on_its_way(opened: Any):
    process = opened("Straight")
    frozen = {"batch": {"frozen": 8}}
    losses = [
        anew(process, 1, **frozen, corrupt=how)[0]["loss"]
        for how in (None, {"kind": "labelsShuffled", "seed": 3}, {"kind": "labelsShuffled", "seed": 3}, {"kind": "inputsZeroed"})
    ]
    assert losses[1] == losses[2] and len(set(losses)) == 3
    assert anew(process, 1, **frozen)[0]["loss"] == losses[0]
    assert anew(process, 2, corrupt={"kind": "inputsZeroed"})[0]["samples"] == anew(process, 1)[0]["samples"]


@pytest.mark.parametrize("kind", ["Plain", "Manual"])
def test_an_evaluation_in_another_order_and_of_other_predictions(opened: Any, kind: str):
    process = opened(kind)

    def labels(report: dict[str, Any]) -> list[int]:
        return np.frombuffer(base64.b64decode(report["perSample"]["targets"]["bytes"]), "<i4").tolist()

    given, backwards = (process.ask("evaluate", perSample=True, order=order) for order in ("given", "reversed"))
    assert labels(backwards) == labels(given)[::-1] != labels(given)
    assert backwards["metrics"] == pytest.approx(given["metrics"], rel=1e-6)
    shuffled = process.ask("evaluate", perSample=True, order={"shuffled": 5}, batchSize=7)
    assert sorted(labels(shuffled)) == sorted(labels(given)) and labels(shuffled) not in (labels(given), labels(backwards))
    perfect, constant, other = (
        process.ask("evaluate", predictions=how, modes=True, order={"shuffled": 1}) for how in ("perfect", "constant", "shuffled")
    )
    assert perfect["replaced"] == "yes" and perfect["metrics"]["accuracy"] == 1 and perfect["training"] == []
    assert constant["metrics"]["accuracy"] == pytest.approx(labels(given).count(0) / 41)
    assert other["metrics"]["accuracy"] < 0.7
    assert process.ask("evaluate")["metrics"] == given["metrics"]


def test_modes_show_an_evaluation_in_training_mode(opened: Any):
    assert opened("NoEval").ask("evaluate", modes=True)["training"] == ["", "0", "1", "2", "3"]


def test_a_perturbed_input_reaches_its_own_output_alone(opened: Any):
    for kind in ("Plain", "Manual"):
        process = opened(kind)
        before = section(process, "buffers"), section(process, "rng")
        found = process.ask("perturb", samples=6, sample=2)
        assert [one > 0 for one in found["change"]] == [False, False, True, False, False, False], found
        assert found["noise"] == [0] * 6 and found["changed"] == 6 and found["scale"] > 0 and found["positions"] is None
        # Batch norm couples a batch while it trains; the generators are put back, so dropout is no noise.
        trained = process.ask("perturb", samples=6, sample=2, mode="training")
        assert all(one > 0 for one in trained["change"]) and trained["noise"] == [0] * 6
        assert (section(process, "buffers"), section(process, "rng")) == before
    assert all(one > 0 for one in opened("Mixing").ask("perturb", samples=6, sample=2)["change"])


def test_a_perturbed_token_reaches_the_positions_after_it(opened: Any):
    causal = opened("Sequences").ask("perturb", samples=5, sample=1, position=3)
    assert [one > 0 for one in causal["positions"]] == [False] * 3 + [True] * 4 and causal["changed"] == 1
    assert [one > 0 for one in causal["change"]] == [False, True, False, False, False]
    assert all(one > 0 for one in opened("ReadsAhead").ask("perturb", samples=5, sample=1, position=3)["positions"])


def test_passes_show_what_training_would_see(opened: Any):
    process = opened("Workers")
    before = section(process, "position"), section(process, "rng")
    seen = process.ask("data", passes={"epochs": 2, "batches": 4})
    assert (section(process, "position"), section(process, "rng")) == before
    assert [(one["epoch"], one["batch"], one["worker"]) for one in seen[::8]] == [(1, 1, 0), (1, 2, 1), (1, 3, 0), (1, 4, 1), (2, 1, 0), (2, 2, 1), (2, 3, 0), (2, 4, 1)]
    live = steps(process, 4, ids=True)
    assert [index for one in live for index in one["samples"]["ids"]] == [one["id"] for one in seen[:32]]
    repeats = opened("Repeats").ask("data", passes={"epochs": 2, "batches": 4})
    assert [one["hash"] for one in repeats[:32]] == [one["hash"] for one in repeats[32:]]
    assert opened("Workers").ask("data", limit=9)[8]["group"] == "patient2"
    assert process.facts["loading"] == {"workers": 2, "shuffles": True, "dropsLast": False}


@pytest.mark.parametrize("kind", ["Plain", "Workers"])
def test_the_order_of_epochs_without_decoding(opened: Any, kind: str):
    process = opened(kind)
    first, second = process.ask("order")
    assert (first["samples"], first["distinct"], first["available"], first["missing"], first["repeated"]) == (64, 64, 64, [], [])
    assert (first["batches"], first["smallestBatch"]) == (8, 8) and first["digest"] != second["digest"]
    live = steps(process, 8, ids=True)
    assert [index for one in live for index in one["samples"]["ids"]] == first["ids"]


def test_an_epoch_without_an_end_is_looked_at_as_far_as_it_tells_something(opened: Any):
    process = opened("Endless")
    first, second = process.ask("order", whole=True)
    assert first["samples"] == second["samples"] == 4 * 64 and first["distinct"] > 50 and first["digest"] != second["digest"]


def test_a_survey_by_channel(opened: Any):
    from probed import samples

    found = opened("Plain").ask("survey")
    given, label = samples(64, 1)
    assert [one["mean"] for one in found["channels"]] == pytest.approx(given.double().mean(0).tolist())
    assert [one["std"] for one in found["channels"]] == pytest.approx(given.double().std(0, correction=0).tolist())
    assert found["fields"][1]["zero"] == pytest.approx(float((label == 0).float().mean())) and found["changing"] == 0
    assert opened("Workers").ask("survey", limit=20)["changing"] == 8


@pytest.mark.parametrize("kind", ["Adam", "Manual", "Epochs", "ByHand", "FromProgress", "FromACount", "FromTheLoss"])
def test_the_rates_of_the_whole_run(opened: Any, kind: str):
    process = opened(kind)
    steps(process, 3)
    before = {one["section"]: one["digest"] for one in process.ask("state", op="digest")["sections"]}
    told = process.ask("schedule")
    assert {one["section"]: one["digest"] for one in process.ask("state", op="digest")["sections"]} == before
    lived = anew(process, told["steps"])
    rates = [one["updates"][0]["learningRates"][0] for one in lived]
    assert told["steps"] == 16 and [one["step"] for one in told["points"]] == list(range(1, 17))
    if kind in ("ByHand", "FromACount", "FromTheLoss"):
        assert "something else sets it" in told["doubt"]
        return
    assert told["doubt"] is None
    assert [one["rates"]["optimizer"][0] for one in told["points"]] == pytest.approx(rates)
    extreme = told["extremes"]["optimizer"]
    assert extreme["max"] == max(rates) and extreme["minStep"] == rates.index(min(rates)) + 1


def test_facts_tell_what_the_model_is_made_of_and_where(opened: Any):
    process = opened("Plain")
    assert [(one["name"], one["kind"], one["traits"]) for one in process.facts["modules"]] == [("1", "BatchNorm1d", ["couplesBatch"]), ("3", "Dropout", ["drawsNoise"])]
    lines = PROBED.read_text().splitlines()
    line = next(index for index, text in enumerate(lines, 1) if "nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8)" in text)
    assert {one["where"].rsplit("/", 1)[-1] for one in process.facts["tensors"]} == {f"probed.py:{line}"}
    inner = opened("Sequences").facts["tensors"]
    line = next(index for index, text in enumerate(lines, 1) if "self.embed, self.head" in text)
    assert {one["name"]: one["where"].rsplit("/", 1)[-1] for one in inner}["head.weight"].endswith(f":{line}"), inner


def test_memory_comes_with_each_group_of_records(opened: Any):
    records = anew(opened("Plain"), 5)
    assert records[-1]["memory"]["rss"] > 50_000_000 and records[-1]["memory"]["allocated"] is None
    assert sum("memory" in one for one in records) <= 2
