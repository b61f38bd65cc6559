"""The worker in real processes: every operation of the protocol, bitwise resume, errors, cancel, death.
Not the preflight on this engine: that is tested from TypeScript, with the programs of the corpus."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from harness import REPOSITORY, Process, Refused, request

HERE = Path(__file__).parent
SYNTHETIC, LOADERS = HERE / "synthetic.py", HERE / "loaders.py"
CLASSIFIER = HERE / "healthy/experiment.py"


def opened(experiment: Path, kind: str = "managed", **changes: Any) -> Process:
    process = Process(TEST_KIND=kind)
    try:
        process.facts = process.ask("open", **request(experiment, **changes))
    except BaseException:
        process.__exit__()
        raise
    return process


def steps(process: Process, count: int, **probe: Any) -> list[dict[str, Any]]:
    return process.ask("train", steps=count, **probe)


def trajectory(records: list[dict[str, Any]]) -> list[Any]:
    return [(r["step"], r["epoch"], r["loss"], r["samples"], r["updates"][0]["learningRates"]) for r in records]


def digests(process: Process, *left_out: str) -> dict[str, str]:
    report = process.ask("state", op="digest")
    return {one["section"]: one["digest"] for one in report["sections"] if one["section"] not in left_out}


def entries(process: Process, section: str) -> dict[str, str]:
    report = process.ask("state", op="digest", detail=True)
    return {entry["name"]: entry["digest"] for one in report["sections"] if one["section"] == section for entry in one["entries"]}


def from_synthetic(folder: Path, kind: str) -> str:
    """A file whose experiment is one of synthetic.py's."""
    path = folder / f"{kind.lower()}_experiment.py"
    path.write_text(f"import sys\nsys.path.insert(0, {str(HERE)!r})\nfrom synthetic import {kind}\nexperiment = {kind}\n")
    return str(path)


@pytest.fixture(scope="module")
def bare():
    """A worker that any test may open experiments in, one after another: importing PyTorch is what costs."""
    with Process() as process:
        yield process


@pytest.fixture(scope="module")
def managed():
    with opened(SYNTHETIC) as process:
        process.ask("state", op="capture", slot="initial")
        yield process


@pytest.fixture(scope="module")
def manual():
    with opened(CLASSIFIER, batchSize=32, evaluateBatchSize=50) as process:
        process.ask("state", op="capture", slot="initial")
        yield process


@pytest.fixture(autouse=True)
def from_the_start(request: pytest.FixtureRequest):
    for name in ("managed", "manual"):
        if name in request.fixturenames:
            request.getfixturevalue(name).ask("state", op="restore", slot="initial")


def test_hello_comes_before_anything_slow():
    with Process(python=[sys.executable, "-X", "importtime"]) as process:
        assert process.hello["hello"] == {"protocol": 1, "pid": process.process.pid}
        assert process.end() == 0
    imported = subprocess.run(
        [sys.executable, "-c", "import gonogo, gonogo.worker, sys; print('torch' in sys.modules, 'numpy' in sys.modules)"],
        env={**os.environ, "PYTHONPATH": str(HERE.parents[1] / "python")},
        capture_output=True,
        text=True,
    )
    assert imported.stdout.split() == ["False", "False"], imported.stderr


def test_describe_gives_schema_and_what_only_the_config_can_say(bare: Process):
    found = bare.ask("describe", experiment=str(SYNTHETIC), config={"width": 13})
    assert found["issues"] == [{"path": [], "message": "width 13 is unlucky"}]
    assert found["task"] == {"kind": "classification", "classes": 3, "smoothing": 0.1, "pretrained": False}
    assert found["objective"] == "val_accuracy"
    schema = found["schema"]
    assert schema["additionalProperties"] is False and "required" not in schema
    assert schema["properties"]["width"] == {"type": "integer", "minimum": 1, "maximum": 64, "default": 8}
    assert schema["properties"]["learning_rate"] == {"type": "number", "exclusiveMinimum": 0, "default": 0.01}
    assert schema["properties"]["activation"] == {"type": "string", "enum": ["relu", "tanh"], "default": "relu"}
    assert schema["properties"]["sampler"]["enum"] == ["uniform", "balanced"]
    assert schema["properties"]["decay"]["default"] == {"weights": 0.01, "norms": False}
    assert schema["properties"]["decay"]["additionalProperties"] is False
    assert schema["properties"]["milestones"] == {"type": "array", "items": {"type": "integer"}, "default": [3, 6]}
    assert schema["properties"]["label"] == {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None}
    assert schema["properties"]["title"] == {"type": "string", "gonogo": "name", "default": "test"}
    # A value that the schema refuses is gonogo's to report, with line and column.
    assert bare.ask("describe", experiment=str(SYNTHETIC), config={"widht": 3})["issues"] == []


@pytest.mark.parametrize(
    ("source", "code", "where"),
    [
        ("import gonogo\nprint('nothing here')\n", "EXPERIMENT_EXPORT", "bad.py"),
        ("import gonogo\n\nraise OSError('no such GPU')\n", "EXPERIMENT_IMPORT", "bad.py:3:1"),
        ("def f(:\n", "EXPERIMENT_SYNTAX", "bad.py:1:7"),
        ("import sys\nsys.exit(3)\n", "EXPERIMENT_IMPORT", "bad.py:2:1"),
        (
            "import gonogo\nfrom dataclasses import dataclass\n@dataclass\nclass Config:\n    mode: str = 'fast'\n"
            "class Mine(gonogo.Experiment[Config]):\n    task = gonogo.regression()\n",
            "SCHEMA_FREE_STRING",
            "bad.py:5:5",
        ),
        ("import gonogo\nclass Mine(gonogo.Experiment):\n    pass\n", "EXPERIMENT_INCOMPLETE", None),
    ],
)
def test_describe_says_what_is_wrong(bare: Process, tmp_path: Path, source: str, code: str, where: str | None):
    (tmp_path / "bad.py").write_text(source)
    with pytest.raises(Refused) as refused:
        bare.ask("describe", experiment=str(tmp_path / "bad.py"), config={})
    report = refused.value.report
    assert report["code"] == code, report
    assert where is None or report["where"].endswith(where), report


DRAWN = """
import os, gonogo, torch
from torch import nn
with open(os.environ["TEST_IMPORTS"], "a") as times:
    times.write("x")
CENTRE = torch.randn(4)

class Mine(gonogo.Experiment):
    task = gonogo.regression()
    def datasets(self):
        x = torch.randn(40, 4) + CENTRE
        data = gonogo.arrays(x, x[:, :1])
        return {"train": data, "val": data}
    def model(self):
        return nn.Linear(4, 1)
    def optimizers(self, model):
        return torch.optim.SGD(model.parameters(), 0.1)
"""


def test_what_was_described_is_opened_without_importing_it_again_and_is_the_same(tmp_path: Path):
    path, imports = tmp_path / "drawn.py", tmp_path / "imports"
    path.write_text(DRAWN)
    asked = request(path)
    ends = []
    for described in (None, asked, {**asked, "seed": 7}):
        imports.write_text("")
        with Process(TEST_IMPORTS=str(imports)) as process:
            if described is not None:
                process.ask("describe", experiment=str(path), config={}, next=described)
            process.ask("open", **asked)
            ends.append((process.ask("train", steps=5)[-1]["loss"], process.ask("state", op="digest")))
        # drawn under another seed, the module's own numbers would be others
        assert len(imports.read_text()) == (2 if described and described["seed"] == 7 else 1)
    assert ends[0] == ends[1] == ends[2]


def test_torch_missing_is_an_answer_and_no_death(tmp_path: Path):
    # -S: this Python without its site-packages has no torch.
    with Process(python=[sys.executable, "-S"]) as process:
        with pytest.raises(Refused) as refused:
            process.ask("describe", experiment="x.py", config={})
        assert refused.value.report["code"] == "TORCH_MISSING"
        assert "-m pip install torch" in refused.value.report["try"]
        assert process.ask("close") is None
        assert process.process.wait(10) == 0


def test_facts_of_a_managed_experiment(managed: Process):
    facts = managed.facts
    line = SYNTHETIC.read_text()[: SYNTHETIC.read_text().index("def model")].count("\n") + 1
    assert facts["owns"] == {"step": "managed", "evaluation": "managed", "checkpoint": "managed"}
    assert facts["stepsPerEpoch"] == 7 and facts["steps"] == 14
    assert facts["samples"] == {"train": 100, "val": 41}
    names = {one["name"]: one for one in facts["tensors"]}
    assert names["1.running_mean"]["kind"] == "buffer" and names["1.running_mean"]["optimizers"] == []
    assert names["0.weight"]["optimizers"] == ["optimizer"] and names["0.weight"]["trainable"]
    assert facts["where"]["model"].endswith(f"synthetic.py:{line}")
    assert [one["path"] for one in facts["code"]] == ["synthetic.py"]
    assert facts["packages"]["torch"] and facts["guarantees"].keys() >= {"checkpointCoversState", "configIsStrict", "evaluationIsPure"}
    assert set(facts["can"].values()) == {"yes"}


def test_config_arrives_with_its_types(bare: Process):
    config = {"width": 4, "activation": "tanh", "decay": {"weights": 0.5, "norms": True}, "milestones": [1], "label": 3}
    facts = bare.ask("open", **request(SYNTHETIC, config=config))
    assert {tuple(one["shape"]) for one in facts["tensors"] if one["name"] == "0.weight"} == {(4, 6)}
    assert facts["optimizers"][0]["weightDecays"] == [0.5]
    assert [record["updates"][0]["learningRates"] for record in steps(bare, 2)] == [[0.01], [0.005]]
    with pytest.raises(Refused) as refused:
        bare.ask("open", **request(SYNTHETIC, config={"width": "4"}))
    assert refused.value.report["code"] == "CONFIG_MISMATCH"


def test_an_epoch_takes_each_sample_once_and_the_next_in_another_order(managed: Process):
    records = steps(managed, 14)
    assert [record["epoch"] for record in records] == [1] * 7 + [2] * 7
    assert [record["samples"]["count"] for record in records[:7]] == [16] * 6 + [4]
    assert records[0]["samples"]["digest"] != records[7]["samples"]["digest"]
    assert records[-1]["loss"] < records[0]["loss"]
    assert all(update["outcome"] == "applied" for record in records for update in record["updates"])


@pytest.mark.parametrize("kind", ["managed", "many", "loaders"])
def test_resume_in_a_fresh_process_is_bitwise(tmp_path: Path, kind: str):
    experiment, accumulate = LOADERS if kind == "loaders" else SYNTHETIC, 2 if kind == "managed" else 1
    middle, boundary = tmp_path / "middle", tmp_path / "boundary"
    with opened(experiment, kind, accumulate=accumulate) as straight:
        epoch = straight.facts["stepsPerEpoch"]
        records = steps(straight, 3)
        middle.mkdir()
        saved = straight.ask("persist", op="save", dir=str(middle), harness={"best": [1.5, float("nan")]})
        assert all((middle / file["path"]).stat().st_size == file["bytes"] for file in saved["files"])
        records += steps(straight, epoch - 3)
        if kind != "many":  # its loss has side effects, so an evaluation would be one
            straight.ask("evaluate")
        boundary.mkdir()
        straight.ask("persist", op="save", dir=str(boundary))
        records += steps(straight, 5)
        end = digests(straight, "mode")
    with opened(experiment, kind, accumulate=accumulate) as resumed:
        loaded = resumed.ask("persist", op="load", dir=str(middle))
        assert loaded["harness"]["best"][0] == 1.5 and np.isnan(loaded["harness"]["best"][1])
        assert trajectory(steps(resumed, epoch + 2)) == trajectory(records[3:])
        assert digests(resumed, "mode") == end
        resumed.ask("persist", op="load", dir=str(boundary))
        assert trajectory(steps(resumed, 5)) == trajectory(records[epoch:])
        assert digests(resumed, "mode") == end
    assert [record["step"] for record in records] == list(range(1, epoch + 6))


def test_the_managed_checkpoint_opens_without_the_experiment(managed: Process, bare: Process, tmp_path: Path):
    from safetensors.numpy import load_file

    steps(managed, 3)
    managed.ask("persist", op="save", dir=str(tmp_path))
    parameters = {**entries(managed, "parameters"), **entries(managed, "buffers")}
    assert load_file(str(tmp_path / "model.safetensors")).keys() == parameters.keys()
    assert json.loads((tmp_path / "state.json").read_text())["step"] == 3
    report = bare.ask("weights", dir=str(tmp_path))
    assert {one["name"]: one["digest"] for one in report["tensors"] if one["name"] in parameters} == parameters
    assert {file["error"] for file in report["files"]} == {None}


def test_weights_of_foreign_files_are_findings(bare: Process, tmp_path: Path):
    torch.save({"model": {"w": torch.ones(2, 3)}, "step": 4}, tmp_path / "user-checkpoint")
    torch.save(torch.nn.Linear(2, 2), tmp_path / "whole.pt")
    (tmp_path / "torn.safetensors").write_bytes(b"\xff" * 40)
    report = bare.ask("weights", dir=str(tmp_path))
    files = {file["path"]: file for file in report["files"]}
    assert files["user-checkpoint"]["tensors"] == 1 and report["tensors"][0]["name"] == "model.w" and report["tensors"][0]["shape"] == [2, 3]
    assert report["tensors"][0]["l2"] == pytest.approx(6**0.5)
    assert files["whole.pt"]["error"] and files["torn.safetensors"]["error"]


def test_a_checkpoint_that_does_not_fit_changes_nothing(managed: Process, bare: Process, tmp_path: Path):
    bare.ask("open", **request(SYNTHETIC, config={"width": 5}))
    bare.ask("persist", op="save", dir=str(tmp_path))
    before = digests(managed)
    with pytest.raises(Refused) as refused:
        managed.ask("persist", op="load", dir=str(tmp_path))
    assert refused.value.report["code"] == "CHECKPOINT_MISMATCH" and "0.weight" in refused.value.report["seen"]
    (tmp_path / "model.safetensors").write_bytes((tmp_path / "model.safetensors").read_bytes()[:50])
    with pytest.raises(Refused) as refused:
        managed.ask("persist", op="load", dir=str(tmp_path))
    assert refused.value.report["code"] == "CHECKPOINT_DAMAGED"
    assert digests(managed) == before


def test_capture_and_restore_bring_everything_back(managed: Process):
    first = steps(managed, 4)
    managed.ask("state", op="capture", slot="four")
    here = digests(managed)
    then = steps(managed, 5)
    assert digests(managed)["optimizer"] != here["optimizer"]
    managed.ask("state", op="restore", slot="four")
    assert digests(managed) == here
    assert trajectory(steps(managed, 5)) == trajectory(then)
    managed.ask("state", op="restore", slot="initial")
    assert trajectory(steps(managed, 4)) == trajectory(first)
    with pytest.raises(Refused) as refused:
        managed.ask("state", op="restore", slot="never")
    assert refused.value.report["code"] == "SLOT_UNKNOWN"


def test_each_section_can_be_scrambled_and_comes_back_from_a_load(managed: Process, tmp_path: Path):
    steps(managed, 4)
    managed.ask("persist", op="save", dir=str(tmp_path))
    saved = digests(managed)
    for section in saved:
        scrambled = {one["section"]: one["digest"] for one in managed.ask("state", op="scramble", section=section)["sections"]}
        assert scrambled[section] != saved[section], section
        managed.ask("persist", op="load", dir=str(tmp_path))
    back = digests(managed)
    assert {key: back[key] for key in saved if key != "mode"} == {key: saved[key] for key in saved if key != "mode"}


@pytest.mark.parametrize("which", ["managed", "manual"])
def test_frozen_batches_fit_and_leave_the_data_position(which: str, request: pytest.FixtureRequest):
    process = request.getfixturevalue(which)
    process.ask("state", op="restore", slot="initial")
    live = steps(process, 2)
    process.ask("state", op="restore", slot="initial")
    samples = process.ask("data", frozen=8)
    assert len(samples) == 8 and len({one["hash"] for one in samples}) == 8 and all(one["nonFinite"] == 0 for one in samples)
    position = entries(process, "position")
    frozen = steps(process, 120, batch={"frozen": 8}, learningRate=0.02, regularisation=False)
    assert {record["samples"]["digest"] for record in frozen} == {frozen[0]["samples"]["digest"]}
    assert frozen[-1]["loss"] < 0.05 * frozen[0]["loss"]
    assert frozen[0]["updates"][0]["learningRates"] == [0.02]
    assert entries(process, "position") == position
    assert steps(process, 1)[0]["samples"] == live[0]["samples"]


def test_forced_rate_zero_moves_nothing_and_is_put_back(manual: Process):
    usual = steps(manual, 1)[0]["updates"][0]["learningRates"]
    manual.ask("state", op="restore", slot="initial")
    before = entries(manual, "parameters")
    [record] = steps(manual, 1, learningRate=0.0, regularisation=False, observe=True)
    assert entries(manual, "parameters") == before and record["updates"][0]["learningRates"] == [0.0]
    assert all(seen["change"] == 0 and seen["gradient"] > 0 for name, seen in record["parameters"].items() if "conv" not in name)
    manual.ask("state", op="restore", slot="initial")
    assert steps(manual, 1)[0]["updates"][0]["learningRates"] == usual


def test_gradients_are_seen_before_a_zero_grad_after_the_step():
    with opened(LOADERS) as process:
        [record] = steps(process, 1, observe=True)
        seen = record["parameters"]["0.weight"]
        assert seen["gradient"] > 0 and 0 < seen["change"] < seen["norm"]
        total = sum(one["gradient"] ** 2 for one in record["parameters"].values()) ** 0.5
        assert record["updates"][0]["gradientNorm"] == pytest.approx(total)
        assert process.facts["stepsPerEpoch"] == 4 and entries(process, "counters").keys() == {"step", "self.epochs_seen"}
        # A stream that prefetches tells the ids of its batches all the same: each sample once.
        assert len({record["samples"]["digest"] for record in steps(process, 3)}) == 3


@pytest.mark.parametrize("which", ["managed", "manual"])
def test_evaluation_recomputes_from_its_outputs_at_any_batch_size(which: str, request: pytest.FixtureRequest):
    process = request.getfixturevalue(which)
    steps(process, 3)
    before = digests(process, "mode")
    whole = process.ask("evaluate", perSample=True)
    assert digests(process, "mode") == before
    count = process.facts["samples"]["val"]
    assert whole["samples"] == count and whole["perSample"]["count"] == count
    other = process.ask("evaluate", batchSize=7)
    assert other["batches"] == -(-count // 7) and other["metrics"]["loss"] == pytest.approx(whole["metrics"]["loss"], rel=1e-5)
    each = whole["perSample"]
    logits = np.frombuffer(base64.b64decode(each["outputs"]["float32"]), "<f4").reshape(count, *each["outputs"]["shape"]).astype(np.float64)
    labels = np.frombuffer(base64.b64decode(each["targets"]["bytes"]), "<i4")
    loss = np.log(np.exp(logits).sum(1)) - logits[np.arange(count), labels]
    assert whole["metrics"]["loss"] == pytest.approx(loss.mean(), rel=1e-5)
    assert whole["metrics"]["accuracy"] == pytest.approx((logits.argmax(1) == labels).mean())
    few = process.ask("evaluate", limit=10, batchSize=4)
    assert (few["samples"], few["batches"]) == (10, 3)


def test_limits_shorten_epochs_and_validation(bare: Process):
    facts = bare.ask("open", **request(CLASSIFIER, batchSize=32, limit={"trainBatches": 3, "valSamples": 60}))
    # in whole batches: one that is cut short is none that the run has
    assert facts["stepsPerEpoch"] == 3 and facts["steps"] == 6 and facts["samples"] == {"train": 96, "val": 64}
    assert [record["epoch"] for record in steps(bare, 5)] == [1, 1, 1, 2, 2]
    assert bare.ask("evaluate")["samples"] == 64


def test_dicts_own_loss_and_metrics_and_what_is_declared_frozen(bare: Process, tmp_path: Path):
    facts = bare.ask("open", **request(from_synthetic(tmp_path, "Named"), evaluateBatchSize=10))
    assert facts["metrics"] == [{"name": "val_loss", "direction": "min"}, {"name": "val_mae", "direction": "min"}]
    assert {one["name"] for one in facts["tensors"] if one["frozen"]} == {"scale.weight", "scale.bias"}
    assert "evaluationIsPure" not in facts["guarantees"] and "checkpointCoversState" in facts["guarantees"]
    assert [field["name"] for field in facts["data"][0]["fields"]] == ["x", "y"]
    steps(bare, 3)
    found = bare.ask("evaluate")
    samples = {one["id"]: one for one in bare.ask("data", split="val")}
    assert found["samples"] == len(samples) == 17 and found["metrics"].keys() == {"loss", "mae"}
    assert found["metrics"]["loss"] == pytest.approx(bare.ask("evaluate", batchSize=3)["metrics"]["loss"], rel=1e-6)
    assert all(one["target"] == pytest.approx([one["mean"] ** 2]) for one in samples.values())


def test_not_a_number_crosses_the_wire(bare: Process, tmp_path: Path):
    bare.ask("open", **request(from_synthetic(tmp_path, "NotFinite")))
    losses = [record["loss"] for record in steps(bare, 2)]
    assert np.isfinite(losses[0]) and np.isnan(losses[1])


def test_an_exception_names_the_users_line_and_the_worker_lives(bare: Process, tmp_path: Path):
    bare.ask("open", **request(from_synthetic(tmp_path, "Throws")))
    with pytest.raises(Refused) as refused:
        steps(bare, 5)
    report = refused.value.report
    assert report["code"] == "USER_CODE" and report["message"] == "RuntimeError: no such thing"
    line = next(i for i, text in enumerate(SYNTHETIC.read_text().splitlines(), 1) if "no such thing" in text)
    assert f"synthetic.py:{line}:" in report["where"] and "raise RuntimeError" in report["excerpt"]
    assert f"synthetic.py:{line}  in loss" in report["trace"] and "gonogo/subject.py" not in report["trace"]
    assert bare.ask("evaluate")["samples"] == 41


@pytest.mark.parametrize(
    ("kind", "code"),
    [("Quits", "USER_CODE"), ("NoVal", "DATA_EMPTY")],
)
def test_what_cannot_be_opened_says_why(bare: Process, tmp_path: Path, kind: str, code: str):
    with pytest.raises(Refused) as refused:
        bare.ask("open", **request(from_synthetic(tmp_path, kind)))
    assert refused.value.report["code"] == code, refused.value.report


def test_cancel_ends_after_the_step_it_is_in(bare: Process, tmp_path: Path):
    bare.ask("open", **request(from_synthetic(tmp_path, "Slow")))
    number = bare.send("train", steps=10_000)
    while "items" not in bare.read():
        pass
    bare.write({"cancel": number})
    started = time.monotonic()
    bare.wait(number)
    assert time.monotonic() - started < 2
    assert steps(bare, 1)[0]["step"] < 200


def test_it_beats_while_user_code_is_busy_and_leaves_when_its_pipe_ends():
    process = Process(TEST_KIND="busy")
    with process:
        process.ask("open", **request(SYNTHETIC))
        assert len(process.beats) >= 2
        process.send("train", steps=10_000)
        started = time.monotonic()
        assert process.end() == 0 and time.monotonic() - started < 2


def test_a_killed_worker_leaves_no_child_behind():
    with opened(LOADERS) as process:
        steps(process, 1)
        group = process.process.pid
        os.killpg(group, signal.SIGKILL)
        process.process.wait(10)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            try:
                os.killpg(group, 0)
                time.sleep(0.05)
            except ProcessLookupError:
                return
        pytest.fail("a child of the worker is still alive")


def test_prints_go_to_the_log_and_an_unopened_worker_says_so(tmp_path: Path):
    (tmp_path / "loud.py").write_text("import os\nprint('on paper')\nos.write(2, b'on error')\nraise SystemExit\n")
    with Process() as process:
        with pytest.raises(Refused) as refused:
            process.ask("train", steps=1)
        assert refused.value.report["code"] == "NOT_OPEN"
        with pytest.raises(Refused):
            process.ask("describe", experiment=str(tmp_path / "loud.py"))
        process.ask("close")
        process.process.wait(10)
        assert "on paper" in (printed := process.output()) and "on error" in printed


def test_compiled_code_is_kept_for_packages_and_not_for_the_project(tmp_path):
    """An installer may leave the compiling to the first import; then each process would do it anew."""
    packages = tmp_path / "packages"
    (packages / "fetched").mkdir(parents=True)
    (packages / "fetched-1.0.dist-info").mkdir()
    (packages / "fetched" / "__init__.py").write_text("RATE = 0.1\n")
    project = tmp_path / "project"
    project.mkdir()
    (project / "mine.py").write_text("from fetched import RATE\n")
    (project / "experiment.py").write_text(f"import mine\n{Path(from_synthetic(tmp_path, 'Managed')).read_text()}")
    with Process(PYTHONPATH=f"{REPOSITORY / 'python'}{os.pathsep}{packages}", PYTHONDONTWRITEBYTECODE="") as worker:
        worker.ask("describe", experiment=str(project / "experiment.py"), config={})
    assert list(packages.rglob("*.pyc"))
    assert not list(project.rglob("*.pyc"))
