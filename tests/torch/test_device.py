"""Device, precision and determinism: what PyTorch's own state shows after each. The GPU's part runs where there is a GPU.
Not the checks on top: those are tested from TypeScript."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from harness import REPOSITORY, Process, Refused, request

from gonogo import batches, determinism, device, drawn, errors, norms, state
from gonogo.determinism import said
from gonogo.records import Records, told, unpacked

HERE = Path(__file__).parent
SYNTHETIC = HERE / "synthetic.py"
CUDA = torch.cuda.is_available()
gpu = pytest.mark.skipif(not CUDA, reason="no CUDA device")
DEVICES = ["cpu", pytest.param("cuda", marks=gpu)]


def opened(experiment: Path | str = SYNTHETIC, kind: str = "managed", **changes: Any) -> Process:
    process = Process(TEST_KIND=kind)
    try:
        process.facts = process.ask("open", **request(experiment, **changes))
    except BaseException:
        process.__exit__()
        raise
    return process


def written(folder: Path, body: str) -> Path:
    """An experiment of its own, on the data of synthetic.py."""
    path = folder / "experiment.py"
    path.write_text(f"import sys\nsys.path.insert(0, {str(HERE)!r})\nimport gonogo, torch\nfrom torch import nn\nfrom synthetic import Managed, samples\n{body}")
    return path


def digests(process: Process) -> dict[str, str]:
    return {one["section"]: one["digest"] for one in process.ask("state", op="digest")["sections"]}


def losses(records: list[dict[str, Any]]) -> list[float]:
    return [record["loss"] for record in records]


# device


def test_auto_is_the_gpu_where_there_is_one():
    with opened(device="auto") as process:
        assert process.facts["environment"]["device"] == ("cuda" if CUDA else "cpu")


@pytest.mark.skipif(CUDA, reason="there is a CUDA device")
def test_a_missing_gpu_is_one_clear_error():
    with pytest.raises(Refused) as refused:
        opened(device="cuda")
    report = refused.value.report
    assert report["code"] == "DEVICE_UNAVAILABLE" and report["where"] == "device"
    assert report["seen"] and "\n" not in report["seen"]
    assert "device: cpu" in report["try"]


def test_batches_keep_their_shape_on_the_way():
    class Both(dict):
        pass

    batch = {"a": torch.ones(2), "b": [torch.zeros(1), "name", 3], "c": (torch.ones(1), None), "d": Both(x=torch.ones(3))}
    there = device.moved(batch, torch.device("meta"))
    assert there["a"].device.type == there["b"][0].device.type == there["c"][0].device.type == there["d"]["x"].device.type == "meta"
    assert there["b"][1:] == ["name", 3] and there["c"][1] is None and type(there["d"]) is Both
    assert batches.count(there) == 2


def test_optimizer_state_goes_to_its_parameter_and_counts_stay():
    parameter = torch.empty(3, device="meta")
    kept = {"exp_avg": torch.ones(3), "step": torch.tensor(4.0), "inner": {"sum": torch.ones(3)}}
    there = state._beside(kept, parameter, {})
    assert (there["exp_avg"].device.type, there["step"].device.type, there["inner"]["sum"].device.type) == ("meta", "cpu", "meta")
    assert state._beside(kept, parameter, {"capturable": True})["step"].device.type == "meta"


def test_a_model_elsewhere_is_refused():
    with pytest.raises(Exception, match="not on the device"):
        device.placed(torch.nn.Linear(2, 2), torch.device("cuda"))
    device.placed(torch.nn.Linear(2, 2), torch.device("cpu"))


def test_a_generators_state_of_a_gpu_is_scrambled():
    before = {"cuda": [torch.arange(16, dtype=torch.uint8)], "torch": torch.get_rng_state()}
    after = state.scrambled("rng", before)
    assert not torch.equal(after["cuda"][0], before["cuda"][0]) and after["cuda"][0].dtype == torch.uint8


def taken(step: int, epoch: int = 1) -> Any:
    updates = [{"optimizer": "sgd", "outcome": "applied", "learningRates": [0.1], "gradientNorm": None, "clippedNorm": None}]
    return (step, epoch, updates, [4, step], 0.001, 0.0001, None)


def test_records_wait_for_no_number_and_lose_none():
    records = Records()
    reused = torch.tensor(1.5)
    records.add(taken(1), {"loss": reused, "extra": torch.tensor(9.0)}, False, False)
    reused.fill_(7.0)  # the program may write to what it has returned
    records.add(taken(2), {"fit": torch.tensor(1.0), "loss": torch.tensor(2.0)}, True, False)
    records.add(taken(3), {"loss": torch.tensor(0.5)}, True, True)
    found = unpacked(records.seal())
    assert [one["step"] for one in found] == [1, 2, 3]
    assert [one["loss"] for one in found] == [1.5, 3.0, 0.5]
    assert [one["terms"] for one in found] == [{"loss": 1.5}, {"fit": 1.0, "loss": 2.0}, {"loss": 0.5}]
    assert records.rest() == []


def test_a_look_that_fails_below_the_programs_own_frames_is_no_fault_of_the_program():
    with pytest.raises(AttributeError) as own:
        norms.norm("no tensor")  # type: ignore[arg-type]
    assert errors.report(own.value)["code"] == "LOOK_FAILED"

    def step() -> None:
        raise RuntimeError("shapes differ")

    with pytest.raises(RuntimeError) as programs:
        step()
    assert errors.report(programs.value)["code"] == "USER_CODE"
    assert state.entry("mask", torch.tensor([True, False]))["l2"] == 1.0


def test_usual_records_travel_as_columns_and_others_one_by_one():
    records = Records()
    for step in range(1, 6):
        records.add(taken(step, epoch=step // 3), {"loss": torch.tensor(step / 8)}, True, True)
    items = told(records.rest(), {"memory": {"rss": 1}})
    assert len(items) == 1
    found = unpacked(items)
    assert [(one["step"], one["epoch"], one["loss"], one["terms"]) for one in found] == [(step, step // 3, step / 8, {"loss": step / 8}) for step in range(1, 6)]
    assert all(one["samples"] == drawn.told([4, one["step"]]) and one["updates"] == taken(1)[2] for one in found)
    assert found[-1]["memory"] == {"rss": 1} and "memory" not in found[0]

    for step in range(1, 4):
        records.add(taken(step), {"a": torch.tensor(1.0), "b": torch.tensor(float(step))} if step > 1 else {"loss": torch.tensor(2.0)}, True, True)
    assert [one["terms"] for one in unpacked(records.rest())] == [{"loss": 2.0}, {"a": 1.0, "b": 2.0}, {"a": 1.0, "b": 3.0}]

    records.add((*taken(1)[:6], {"parameters": {}}), {"loss": torch.tensor(1.0)}, True, True)
    [observed] = told(records.rest(), {"memory": {"rss": 1}})
    assert (observed["step"], observed["parameters"], observed["memory"]) == (1, {}, {"rss": 1})


@gpu
def test_losses_on_the_gpu_are_read_back_in_order_and_in_full():
    records, expected = Records(), []
    running = torch.zeros((), device="cuda")
    for step in range(200):
        running += 0.1
        expected.append(float(running))
        half = torch.tensor(step / 8, device="cuda", dtype=torch.bfloat16)
        # The tensor that is handed over goes on changing: what it was then is what counts.
        records.add(taken(step), running if step % 2 else {"loss": half, "logits": torch.zeros(4, 3, device="cuda")}, False, False)
    found = unpacked(records.seal() + records.rest())
    assert [one["step"] for one in found] == list(range(200))
    assert [one["loss"] for one in found][1::2] == expected[1::2]
    assert [one["loss"] for one in found][0] == 0.0 and found[8]["loss"] == 1.0


@gpu
@pytest.mark.parametrize("kind", ["managed", "many", "named"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_gpu_runs_repeat_and_resume_bitwise(tmp_path: Path, kind: str, precision: str):
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    with opened(kind=kind, device="cuda", precision=precision) as process:
        environment = process.facts["environment"]
        assert environment["device"] == "cuda" and environment["gpu"] == torch.cuda.get_device_name()
        straight = process.ask("train", steps=8)
        process.ask("evaluate")
        straight += process.ask("train", steps=4)
        end = digests(process)
    with opened(kind=kind, device="cuda", precision=precision) as process:
        first = process.ask("train", steps=8)
        process.ask("evaluate")
        process.ask("persist", op="save", dir=str(folder))
    assert losses(first) == losses(straight[:8])
    with opened(kind=kind, device="cuda", precision=precision) as process:
        process.ask("persist", op="load", dir=str(folder))
        rest = process.ask("train", steps=4)
        assert losses(rest) == losses(straight[8:])
        assert digests(process) == end


@gpu
@pytest.mark.parametrize("way", [("cuda", "cpu"), ("cpu", "cuda")])
@pytest.mark.parametrize("kind", ["managed", "many"])
def test_a_checkpoint_goes_from_any_device_to_any(tmp_path: Path, kind: str, way: tuple[str, str]):
    with opened(kind=kind, device=way[0]) as process:
        process.ask("train", steps=5)
        kept = process.ask("state", op="digest", detail=True)
        process.ask("persist", op="save", dir=str(tmp_path))
        rest = process.ask("train", steps=4)
    with opened(kind=kind, device=way[1]) as process:
        process.ask("persist", op="load", dir=str(tmp_path))
        there = process.ask("state", op="digest", detail=True)
        for section in ("parameters", "buffers", "optimizer", "schedule"):
            # Norms are sums, and each device adds in its own order: the digests are what must be equal.
            first, second = ([one["digest"] for one in report["sections"] if one["section"] == section] for report in (kept, there))
            assert first == second, section
        again = process.ask("train", steps=4)
    # Dropout draws from another generator there: the same programme, not the same numbers.
    assert [one["samples"] for one in again] == [one["samples"] for one in rest]
    assert losses(again) == pytest.approx(losses(rest), rel=0.5)


@gpu
def test_capture_and_restore_put_back_the_gpus_generator():
    with opened(device="cuda") as process:
        process.ask("train", steps=2)
        process.ask("state", op="capture", slot="here")
        before = digests(process)
        first = process.ask("train", steps=3)
        process.ask("state", op="scramble", section="rng")
        assert digests(process)["rng"] != before["rng"]
        process.ask("state", op="restore", slot="here")
        assert digests(process) == before
        assert losses(process.ask("train", steps=3)) == losses(first)


@gpu
def test_per_sample_outputs_and_frozen_batches_come_from_the_gpu():
    with opened(device="cuda") as process:
        found = process.ask("evaluate", perSample=True)
        assert found["perSample"]["count"] == 41 and found["perSample"]["arithmetic"] in ("float32", "tf32")
        fitted = process.ask("train", steps=30, batch={"frozen": 8}, learningRate=0.05, regularisation=False)
        assert fitted[-1]["loss"] < 0.5 * fitted[0]["loss"]


# precision


@pytest.mark.parametrize("where", DEVICES)
@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_a_coarser_precision_learns_and_says_what_it_is(where: str, precision: str):
    with opened(device=where, precision=precision) as process:
        assert process.facts["arithmetic"] == precision
        found = process.ask("evaluate", perSample=True)
        assert found["perSample"]["arithmetic"] == precision
        fitted = process.ask("train", steps=60, batch={"frozen": 8}, learningRate=0.05, regularisation=False)
        assert fitted[-1]["loss"] < 0.3 * fitted[0]["loss"]


OVERFLOWS = """
class experiment(Managed):
    def optimizers(self, model):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        return optimizer, torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)

    def loss(self, batch):
        # Gradients of a few: times 65536 they leave float16.
        return 40 * nn.functional.cross_entropy(self.model(batch[0]), batch[1])
"""


@pytest.mark.parametrize("where", DEVICES)
@pytest.mark.parametrize("clip", [None, 1.0])
def test_a_skipped_update_is_told_moves_nothing_and_steps_no_schedule(tmp_path: Path, where: str, clip: float | None):
    with opened(written(tmp_path, OVERFLOWS), device=where, precision="float16", clipNorm=clip) as process:
        before = digests(process)
        scale, applied = 65536.0, 0
        for record in process.ask("train", steps=12, observe=True):
            (update,) = record["updates"]
            moved = max(change["change"] for change in record["parameters"].values())
            if update["outcome"] == "skipped":
                assert moved == 0
                scale /= 2
            else:
                # The rate belongs to updates: those that were skipped do not count.
                assert update["outcome"] == "applied" and update["learningRates"] == [pytest.approx(0.1 * 0.5**applied)]
                assert 0 < moved and 0 < update["gradientNorm"] < 1e4
                applied += 1
        assert scale < 65536.0 and applied > 0
        entries = next(one for one in process.ask("state", op="digest", detail=True)["sections"] if one["section"] == "scaler")
        assert digests(process)["scaler"] != before["scaler"] and any("scale" in entry["name"] for entry in entries["entries"])
        process.ask("persist", op="save", dir=str(tmp_path))
        kept, rest = digests(process), process.ask("train", steps=4)
    with opened(written(tmp_path, OVERFLOWS), device=where, precision="float16", clipNorm=clip) as process:
        process.ask("persist", op="load", dir=str(tmp_path))
        assert digests(process)["scaler"] == kept["scaler"]
        assert losses(process.ask("train", steps=4)) == losses(rest)


TWO_SCALERS = """
class experiment(gonogo.Experiment):
    task = gonogo.regression()

    def setup(self):
        self.model = nn.ModuleDict({"a": nn.Linear(6, 1), "b": nn.Linear(6, 1)}).to(self.device)
        self.first = torch.optim.SGD(self.model["a"].parameters(), lr=0.0)
        self.second = torch.optim.SGD(self.model["b"].parameters(), lr=0.0)
        self.big = torch.amp.GradScaler(self.device.type, init_scale=1024.0)
        self.small = torch.amp.GradScaler(self.device.type, init_scale=4.0)
        image, label = samples(32, 1)
        both = torch.utils.data.TensorDataset(torch.tensor(image), torch.tensor(label).float())
        self.train_loader = self.val_loader = torch.utils.data.DataLoader(both, batch_size=16)

    def train_step(self, batch):
        x, y = batch[0].to(self.device), batch[1].to(self.device)
        first = ((self.model["a"](x)[:, 0] - y) ** 2).mean()
        second = ((self.model["b"](x)[:, 0] - y) ** 2).mean()
        # Both scaled before either goes backward.
        one, two = self.big.scale(first), self.small.scale(second)
        one.backward()
        two.backward()
        want = [float(torch.autograd.grad(((self.model[k](x)[:, 0] - y) ** 2).mean(), self.model[k].weight)[0].norm()) for k in "ab"]
        self.big.unscale_(self.first)
        nn.utils.clip_grad_norm_(self.model["a"].parameters(), 0.01)
        self.big.step(self.first)
        self.big.update()
        self.small.step(self.second)
        self.small.update()
        self.first.zero_grad()
        self.second.zero_grad()
        print("want", *want, flush=True)
        return first + second

    def evaluate(self, loader):
        return {"val_loss": 1.0}
"""


@pytest.mark.skipif(not hasattr(torch.amp, "GradScaler"), reason="PyTorch 2.3")
@pytest.mark.parametrize("where", DEVICES)
def test_raw_gradients_are_divided_by_the_scale_of_their_own_scaler(tmp_path: Path, where: str):
    with opened(written(tmp_path, TWO_SCALERS), device=where) as process:
        (record,) = process.ask("train", steps=1, observe=True)
        assert [update["outcome"] for update in record["updates"]] == ["applied", "applied"]
        found = [record["parameters"][f"{name}.weight"]["gradient"] for name in "ab"]
        process.let_go()
        process.process.wait(10)
        line = next(one for one in process.output().splitlines() if one.startswith("want"))
        assert found == pytest.approx([float(one) for one in line.split()[1:]], rel=1e-4)


# determinism


def test_switches_are_set_before_the_projects_own_code_and_theirs_win(tmp_path: Path):
    settings = "print(torch.get_deterministic_debug_mode(), torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic)"
    for mode, seen in (("warn", "warn"), ("error", "error"), ("off", "off")):
        with opened(written(tmp_path, f"{settings}\nexperiment = Managed"), options={"deterministic": mode}) as process:
            assert process.facts["environment"]["deterministic"] == seen
    with opened(written(tmp_path, "torch.set_deterministic_debug_mode(0)\nexperiment = Managed")) as process:
        assert process.facts["environment"]["deterministic"] == "off"


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("put_ does not have a deterministic implementation, but you set 'torch.use_deterministic_algorithms(True, warn_only=True)'.", "put_"),
        ("Memory Efficient attention defaults to a non-deterministic algorithm. To explicitly enable determinism call …", "Memory Efficient attention"),
        ("Deterministic behavior was enabled with either `torch.use_deterministic_algorithms(True)` or …, but this operation is not deterministic because it uses CuBLAS and you have CUDA >= 10.2.", "cuBLAS"),
        ("something else", None),
    ],
)
def test_pytorchs_words_name_the_operation(message: str, name: str | None):
    assert said(message) == name


PUT = """
import warnings
warnings.filterwarnings("ignore")

class experiment(Managed):
    def loss(self, batch):
        rows = torch.zeros(16, device=self.device)
        rows.put_(torch.zeros(len(batch[0]), dtype=torch.int64, device=self.device), batch[0][:, 0].clone())
        return nn.functional.cross_entropy(self.model(batch[0]) + 1e-3 * rows.sum(), batch[1])
"""


@pytest.mark.parametrize("where", DEVICES)
def test_an_operation_without_a_deterministic_kernel_is_named_with_the_users_line(tmp_path: Path, where: str):
    path = written(tmp_path, PUT)
    line = path.read_text().splitlines().index(next(one for one in path.read_text().splitlines() if "rows.put_" in one)) + 1
    with opened(path, device=where) as process:
        process.ask("train", steps=3)
        report = process.ask("determinism")
        assert [one["operation"] for one in report["named"]] == ["put_"], report
        assert report["named"][0]["where"].endswith(f"experiment.py:{line}") and report["mode"] == "warn"
    with opened(path, device=where, options={"deterministic": "error"}) as process:
        with pytest.raises(Refused) as refused:
            process.ask("train", steps=1)
        assert "put_ does not have a deterministic implementation" in refused.value.report["message"]


# Half a million float32 summands onto a few rows: with several threads PyTorch adds them atomically, in any order.
# A GPU sorts the rows of the one way to choose them, and adds those of the other as they come.
ATOMIC = """
class Table(nn.Module):
    def __init__(self):
        super().__init__()
        self.rows = nn.Parameter(torch.randn(4, 64))
        self.head = nn.Linear(64, 3)

    def forward(self, x):
        index = (x[:, :1].abs() * 1000).long() % 4
        rows = index.expand(-1, 512)
        many = self.rows.index_select(0, rows.reshape(-1)).view(len(x), 512, 64) if x.is_cuda else self.rows[rows]
        return self.head(many.mean(1) + x[:, 1:2] * torch.tanh(many).std(1))

class experiment(Managed):
    def model(self):
        return Table()
"""


@pytest.mark.parametrize("where", DEVICES)
def test_a_step_that_does_not_repeat_names_the_operation(tmp_path: Path, where: str):
    with opened(written(tmp_path, ATOMIC), device=where, threads=4, options={"deterministic": "off"}) as process:
        before = digests(process)
        report = process.ask("determinism", repeats=8)
        assert digests(process) == before
        names = [one["operation"] for one in report["differing"]]
        assert any(("index_add" if where == "cuda" else "index_put") in name for name in names), report
        assert all(0 < one["spread"] < 1e-3 and not one["draws"] for one in report["differing"]), report
        assert report["mode"] == "off" and "deterministic" in report["try"]
    # PyTorch has a kernel for it that repeats.
    with opened(written(tmp_path, ATOMIC), device=where, threads=2) as process:
        assert process.ask("determinism", repeats=6)["differing"] == []


DRAWS = """
class experiment(Managed):
    def loss(self, batch):
        noise = torch.randn(len(batch[0]), 3, device=self.device, generator=torch.Generator(self.device).manual_seed(torch.Generator().seed() >> 1))
        return nn.functional.cross_entropy(self.model(batch[0]) + noise, batch[1])
"""


def test_an_operation_that_draws_without_the_seed_is_no_kernel(tmp_path: Path):
    with opened(written(tmp_path, DRAWS)) as process:
        report = process.ask("determinism", repeats=2)
        assert report["differing"][0]["draws"] and ".py:" in report["differing"][0]["where"], report


def test_a_healthy_step_repeats_under_the_eye():
    with opened(kind="many") as process:
        report = process.ask("determinism", repeats=2)
        assert report["differing"] == [] and report["reason"] is None and report["named"] == []


@pytest.mark.parametrize(("mode", "given", "found"), [("warn", None, "AUTO"), ("off", None, None), ("warn", "COMPATIBLE", "COMPATIBLE")])
def test_products_of_matrices_repeat_wherever_memory_lies_unless_somebody_says_otherwise(monkeypatch: pytest.MonkeyPatch, mode: str, given: str | None, found: str | None):
    before = torch.get_deterministic_debug_mode()
    for name in determinism.READ_AT_START:
        monkeypatch.setenv(name, "")  # so that it is put back afterwards
        monkeypatch.delenv(name)
    if given is not None:
        monkeypatch.setenv("MKL_CBWR", given)
    determinism.set_mode(mode)
    torch.set_deterministic_debug_mode(before)
    assert os.environ.get("MKL_CBWR") == found
