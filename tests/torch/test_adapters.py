"""Adapters without the poll: what a script may hand over, what it holds besides, configuration that others check, exact resumes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from harness import Process, Refused, request

import gonogo
from gonogo import command_line
from gonogo.composed import overrides
from gonogo.errors import Fault

PROGRAMS = Path(__file__).resolve().parent / "adapters"
TASK = gonogo.classification(classes=4)


def adapted(**changes: Any) -> Any:
    return gonogo.adapt(object(), object(), [], [], task=TASK, **changes)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"evaluate": lambda: {}}, "ADAPT_SIGNATURE"),
        ({"train_step": lambda model, batch: 0}, "ADAPT_SIGNATURE"),
        ({"on_epoch_end": lambda epoch: None}, "ADAPT_SIGNATURE"),
        ({"train_step": lambda batch: 0, "train_epoch": lambda loader: 0}, "ADAPT_TWICE"),
        ({"schedule_every": "batch"}, "ADAPT_SCHEDULE"),
        ({"progress": object()}, "ADAPT_NAME"),
    ],
)
def test_what_cannot_be_called_is_told_at_the_call(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Fault) as told:
        adapted(**changes)
    assert told.value.code == code


def test_it_points_to_the_script() -> None:
    def train_step(batch: Any) -> None: ...

    kind = adapted(train_step=train_step)
    from gonogo import facts

    places = facts.places(kind)
    assert places["train_step"].endswith(f":{train_step.__code__.co_firstlineno}")
    assert "test_adapters.py" in places["model"]


def test_a_command_line_of_the_config() -> None:
    with command_line.giving({"lr": 0.1, "layers": [1, 2], "nesterov": True}):
        assert gonogo.arguments() == ["--lr", "0.1", "--layers", "1", "2", "--nesterov"]
    assert gonogo.arguments() == []
    with command_line.giving({"nesterov": False}), pytest.raises(Fault) as told:
        gonogo.arguments()
    assert told.value.code == "CONFIG_REFUSED"


def test_a_parser_refuses_a_key() -> None:
    with Process() as worker, pytest.raises(Refused) as told:
        worker.ask("describe", experiment=str(PROGRAMS / "arguments/experiment.py"), config={"rate": 1})
    assert told.value.report["code"] == "CONFIG_REFUSED"
    assert "--rate" in told.value.report["seen"]


def test_a_parser_that_asks_nobody_gets_its_defaults(tmp_path: Path) -> None:
    script = tmp_path / "plain.py"
    script.write_text(
        "import argparse, sys, gonogo\n"
        "parser = argparse.ArgumentParser()\n"
        "parser.add_argument('--lr', type=float, default=0.25)\n"
        "class Experiment(gonogo.Experiment):\n"
        "    task = gonogo.custom()\n"
        "    objective = f'lr_{parser.parse_args().lr}_{len(sys.argv)}'\n"
        "    directions = {objective: 'max'}\n"
    )
    with Process() as worker:
        told = worker.ask("describe", experiment=str(script), config={})
    assert "lr_0.25_1" in str(told)


def test_overrides_in_hydras_grammar() -> None:
    given = {"defaults": [{"model": "big"}], "optimizer": {"lr": 1e-3, "betas": [0.9, 0.99]}, "note": "it's 1", "+new": None, "~old": None}
    assert [text for _, text in overrides(given)] == [
        "model=big", "optimizer.lr=0.001", "optimizer.betas=[0.9,0.99]", "note='it\\'s 1'", "+new=null", "~old",
    ]  # fmt: skip


def test_hydra_composes_refuses_at_a_key_and_is_in_the_fingerprint() -> None:
    path = str(PROGRAMS / "hydra/experiment.py")
    with Process() as worker:
        described = worker.ask("describe", experiment=path, config={"optimizer": {"rate": 1}})
        assert described["schema"] is None
        assert [issue["path"] for issue in described["issues"]] == [["optimizer", "rate"]]
    with Process() as worker:
        found = worker.ask("open", **request(path, config={"defaults": [{"optimizer": "sgd"}], "width": 8}))
        assert found["optimizers"][0]["kind"] == "SGD"
        assert {one["path"] for one in found["code"]} >= {"conf/config.yaml", "conf/optimizer/sgd.yaml"}
        assert found["environment"]["composed config"]
    assert not list((PROGRAMS / "hydra").glob("outputs"))


def test_a_scripts_average_counter_and_schedule_are_its_state() -> None:
    with Process() as worker:
        worker.ask("open", **request(PROGRAMS / "script/experiment.py"))
        sections = {one["section"]: one for one in worker.ask("state", op="digest", detail=True)["sections"]}
        assert {"ema", "schedule", "optimizer"} <= sections.keys()
        assert any("global_step" in one["name"] for one in sections["counters"]["entries"])


@pytest.mark.parametrize("name", ["accelerated", "accelerated-accumulating", "trainer", "epochs"])
def test_resumed_in_mid_epoch_and_in_mid_accumulation(name: str, tmp_path: Path) -> None:
    opened = request(PROGRAMS / name / "experiment.py", clipNorm=1.0, config={"learning_rate": 3e-3} if name == "trainer" else {})

    def ends(worker: Process, steps: int) -> tuple[list[float], dict[str, str]]:
        records = worker.ask("train", steps=steps)
        digests = {one["section"]: one["digest"] for one in worker.ask("state", op="digest")["sections"]}
        return [record["loss"] for record in records], digests

    with Process() as worker:
        worker.ask("open", **opened)
        worker.ask("train", steps=7)  # in the middle of two and of three batches an update
        worker.ask("persist", op="save", dir=str(tmp_path))
        straight = ends(worker, 20)
    with Process() as worker:
        worker.ask("open", **opened)
        worker.ask("persist", op="load", dir=str(tmp_path))
        assert ends(worker, 20) == straight


def test_hooks_reach_what_accelerate_wrapped() -> None:
    with Process() as worker:
        found = worker.ask("open", **request(PROGRAMS / "accelerated/experiment.py"))
        assert [one["kind"] for one in found["optimizers"]] == ["AdamW"]
        assert found["can"]["sampleIds"] == found["can"]["evaluateAnyBatchSize"] == "yes"
        first, second = worker.ask("train", steps=2)
        assert [one["outcome"] for one in (*first["updates"], *second["updates"])] == ["accumulated", "applied"]
