"""What the checks of optimisation ask of a step, in a real process: elements of the gradient, gradients left lying, the loss scale,
a census of graphs, and the objects that set rates. Not the checks themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness import Process, request

HERE = Path(__file__).parent
KINDS = """
import time
import gonogo, torch
from probed import Manual, Plain, Scaled

class Keeps(Manual):
    def train_step(self, batch):
        self.kept = getattr(self, "kept", [])
        found = super().train_step(batch)
        self.kept.append(found["fit"])
        return found

class Sums(Manual):
    def train_step(self, batch):
        found = super().train_step(batch)
        self.total = getattr(self, "total", 0) + found["fit"]
        return found

class Slow(Manual):
    def train_step(self, batch):
        time.sleep(0.15)
        return super().train_step(batch)

class Leaves(Manual):
    def train_step(self, batch):
        given, label = batch
        loss = torch.nn.functional.cross_entropy(self.model(given), label)
        loss.backward()
        return {"loss": loss}

class Waits(Manual):
    def setup(self):
        super().setup()
        self.schedule = torch.optim.lr_scheduler.ExponentialLR(self.optimizer, 0.5)
        self.calls_made = 0

    def train_step(self, batch):
        loss = torch.nn.functional.cross_entropy(self.model(batch[0]), batch[1])
        (loss / 4).backward()
        if (self.progress.step + 1) % 4 == 0:
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.schedule.step()
        return {"loss": loss}

class Beyond(Plain):
    def optimizers(self, model):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        return optimizer, torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=9)
"""


@pytest.fixture(scope="module")
def process() -> Iterator[Process]:
    with Process() as one:
        yield one


@pytest.fixture
def opened(process: Process, tmp_path: Path) -> Any:
    def open_(kind: str, **changes: Any) -> Process:
        path = tmp_path / f"{kind.lower()}_experiment.py"
        path.write_text(f"import sys\nsys.path.insert(0, {str(HERE)!r})\n{KINDS}\nexperiment = {kind}\n")
        process.ask("open", **request(path, **{"batchSize": 8, "evaluateBatchSize": 16, **changes}))
        process.ask("state", op="capture", slot="initial")
        return process

    return open_


def anew(process: Process, count: int, **probe: Any) -> list[dict[str, Any]]:
    process.ask("state", op="restore", slot="initial")
    return process.ask("train", steps=count, **probe)


def test_all_elements_of_a_gradient_have_its_norm_and_fewer_lie_among_them(opened: Any):
    process = opened("Manual")
    [whole] = anew(process, 1, observe=True, elements=100_000)
    [few] = anew(process, 1, observe=True, elements=7)
    assert sum(one**2 for one in whole["elements"]) ** 0.5 == pytest.approx(whole["updates"][0]["gradientNorm"], rel=1e-6)
    assert len(few["elements"]) == 7 and set(few["elements"]) <= set(whole["elements"])
    assert "elements" not in anew(process, 1, observe=True)[0]


def test_gradients_are_left_where_they_lie_when_asked(opened: Any):
    process = opened("Leaves")

    def norm() -> float:
        [record] = process.ask("train", steps=1, batch={"frozen": 8}, observe=True, regularisation=False)
        return sum((one["gradient"] or 0) ** 2 for one in record["parameters"].values()) ** 0.5

    process.ask("state", op="restore", slot="initial")
    first = norm()
    process.ask("state", op="restore", slot="initial", gradients="kept")
    assert norm() == pytest.approx(2 * first, rel=1e-5)
    process.ask("state", op="restore", slot="initial")
    assert norm() == pytest.approx(first, rel=1e-6)


def test_another_loss_scale_leaves_the_gradient_and_is_put_back_with_the_state(opened: Any):
    process = opened("Scaled")
    [one], [other] = (anew(process, 1, observe=True, lossScaleFactor=factor) for factor in (None, 0.25))
    assert other["updates"][0]["lossScale"] == one["updates"][0]["lossScale"] / 4
    assert other["updates"][0]["gradientNorm"] == pytest.approx(one["updates"][0]["gradientNorm"], rel=1e-3)
    assert anew(process, 1, observe=True)[0]["updates"][0]["lossScale"] == one["updates"][0]["lossScale"]
    assert "lossScale" not in anew(opened("Manual"), 1, observe=True)[0]["updates"][0]


def test_a_census_counts_the_graphs_that_steps_leave_behind(opened: Any):
    def graphs(process: Process) -> int:
        return process.ask("train", steps=4, census=True)[-1]["memory"]["graphs"]

    healthy = opened("Manual")
    graphs(healthy)
    assert graphs(healthy) == graphs(healthy)
    assert opened("Slow").ask("train", steps=2, census=True)[-1]["memory"]["graphs"] >= 0
    for kind in ("Keeps", "Sums"):
        leaking = opened(kind)
        counts = [graphs(leaking) for _ in range(3)]
        assert counts[2] - counts[1] == counts[1] - counts[0] >= 4 * 5, kind


def test_a_schedule_waits_for_the_update_that_a_step_accumulates(opened: Any):
    process = opened("Waits", length={"epochs": 3})
    known = process.ask("schedule")
    assert known["schedulers"][0]["perStep"] == 0.25 and known["schedulers"][0]["perEpoch"] == 0 and known["doubt"] is None
    told = {point["step"]: point["rates"]["optimizer"][0] for point in known["points"]}
    lived = {one["step"]: one["updates"][0]["learningRates"][0] for one in anew(process, 16)}
    assert [told[step] for step in range(1, 17)] == pytest.approx([lived[step] for step in range(1, 17)])


def test_a_schedule_names_its_schedulers_and_says_when_one_refuses(opened: Any):
    known = opened("Beyond", length={"epochs": 2}).ask("schedule")
    assert known["schedulers"] == [{"name": "schedule", "kind": "OneCycleLR", "end": 9, "perStep": 1, "perEpoch": 0, "detached": False}]
    assert known["refused"]["step"] == 10 and "ValueError" in known["refused"]["message"]
    assert opened("Plain").ask("schedule")["schedulers"] == []
