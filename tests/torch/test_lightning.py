"""The Lightning adapter's parts: its Config, its Trainer, its loop beside a plain trainer.fit().
The checks through it are in lightning.test.ts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Literal

import pytest
import torch

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "python"))

L = pytest.importorskip("lightning")

import gonogo  # noqa: E402
import gonogo.lightning  # noqa: E402
from gonogo import config, found, state  # noqa: E402
from gonogo.errors import Fault  # noqa: E402
from gonogo.experiment import Progress, config_of  # noqa: E402
from gonogo.loader_feed import LoaderFeed  # noqa: E402
from torch.utils.data import DataLoader, TensorDataset  # noqa: E402

EVENTS: list[tuple[Any, ...]] = []


class Line(L.LightningModule):
    def __init__(self, width: int = 4, lr: float = 0.05):
        super().__init__()
        self.net = torch.nn.Sequential(torch.nn.Linear(3, width), torch.nn.Tanh(), torch.nn.Linear(width, 1))
        self.lr = lr

    def training_step(self, batch, batch_idx):
        x, y = batch
        EVENTS.append(("train", self.current_epoch, batch_idx, self.trainer.num_training_batches, self.trainer.max_epochs))
        return {"loss": (self.net(x).squeeze(1) - y).square().mean()}

    def validation_step(self, batch, batch_idx):
        x, y = batch
        EVENTS.append(("validate", self.current_epoch, batch_idx, self.training))
        self.log("val_loss", (self.net(x).squeeze(1) - y).square().mean())

    def on_train_epoch_start(self):
        EVENTS.append(("epoch starts", self.current_epoch))

    def on_train_epoch_end(self):
        EVENTS.append(("epoch ends", self.current_epoch, float(self.trainer.callback_metrics["val_loss"])))

    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), lr=self.lr, momentum=0.9)
        plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, threshold=0.5)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": plateau, "monitor": "val_loss"}}


class Points(L.LightningDataModule):
    def __init__(self, count: int = 40, data_dir: Path = Path("data"), width: int = 4):
        super().__init__()
        self.count, self.data_dir = count, data_dir
        assert isinstance(data_dir, Path)

    def setup(self, stage):
        EVENTS.append(("setup", stage))
        generator = torch.Generator().manual_seed(0)
        x = torch.randn(self.count, 3, generator=generator)
        self.data = TensorDataset(x, x.sum(1))

    def train_dataloader(self):
        return DataLoader(self.data, batch_size=8)

    def val_dataloader(self):
        return DataLoader(self.data, batch_size=20)


def opened(kind, seed=0, accumulate=1, **asked):
    """An experiment as the harness opens it, in this process."""
    experiment = kind.__new__(kind)
    experiment.config = config.build(config_of(kind), {})
    experiment.seed, experiment.device = seed, torch.device("cpu")
    experiment.batch_size, experiment.evaluate_batch_size, experiment.accumulate, experiment.clip_norm = 8, 20, accumulate, None
    experiment.progress = Progress()
    experiment._asked = {"length": {"epochs": 2}, "limit": {"trainBatches": None, "valSamples": None}, "precision": "float32", **asked}
    torch.manual_seed(seed)
    experiment.setup()
    feed = LoaderFeed(experiment, None)
    return experiment, feed


def train(experiment, feed, steps, evaluate=True):
    losses = []
    for _ in range(steps):
        batch = feed.next().batch
        experiment.progress.frozen = False
        losses.append(float(experiment.train_step(batch)["loss"]))
        progress = experiment.progress
        progress.step, progress.batch = progress.step + 1, progress.batch + 1
        if progress.batch == feed.steps_per_epoch():
            progress.epoch, progress.batch, progress.began = progress.epoch + 1, 0, None
            experiment.on_epoch_end()
            if evaluate:
                experiment.evaluate(experiment.val_loader)
    return losses


def test_driven_equals_fit():
    """The same hooks in the same order, the same numbers, the same weights as trainer.fit() of the project itself."""
    EVENTS.clear()
    torch.manual_seed(0)
    plain = Line()
    trainer = L.Trainer(max_epochs=2, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=0)
    trainer.fit(plain, datamodule=Points())
    expected = list(EVENTS)
    EVENTS.clear()
    experiment, feed = opened(gonogo.lightning.adapt(Line, Points, task=gonogo.regression()))
    train(experiment, feed, 10)
    # The last epoch ends with the run: here nobody has asked for another batch yet.
    assert [tuple(event) for event in EVENTS] == expected[:-1]
    for name, value in experiment.model.state_dict().items():
        assert torch.equal(value, plain.state_dict()[name]), name
    train(experiment, feed, 1)
    assert EVENTS[len(expected) - 1] == expected[-1]
    assert experiment.optimizer.param_groups[0]["lr"] == trainer.optimizers[0].param_groups[0]["lr"]


def test_frozen_steps_belong_to_no_epoch():
    experiment, feed = opened(gonogo.lightning.adapt(Line, Points, task=gonogo.regression(), trainer={"accumulate_grad_batches": 2}))
    batch = feed.next().batch
    before = {name: value.clone() for name, value in experiment.model.state_dict().items()}
    saved = state.copied(state.read(experiment, found.find(experiment), False))
    EVENTS.clear()
    experiment.progress.frozen = True
    losses = [float(experiment.train_step(batch)["loss"]) for _ in range(30)]
    assert {event[0] for event in EVENTS} == {"train"} and losses[-1] < losses[0] / 2
    state.put(experiment, found.find(experiment), saved)
    assert all(torch.equal(value, before[name]) for name, value in experiment.model.state_dict().items())
    EVENTS.clear()
    train(experiment, feed, 6)
    assert [event[1:3] for event in EVENTS if event[0] == "train"] == [(0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (1, 0)]


def test_an_epoch_may_end_without_a_validation():
    """Lightning always validates before it; here the run file says when. Neither the schedule nor a print of the metric may fail."""
    experiment, feed = opened(gonogo.lightning.adapt(Line, Points, task=gonogo.regression()))
    EVENTS.clear()
    train(experiment, feed, 11, evaluate=False)
    ends = [event[2] for event in EVENTS if event[0] == "epoch ends"]
    assert len(ends) == 2 and all(value != value for value in ends)
    assert experiment.optimizer.param_groups[0]["lr"] == 0.05


@pytest.mark.parametrize("steps", [0, 3, 5, 8, 12])
def test_resume_is_exact(tmp_path, steps):
    """At the start, in mid-accumulation, at an epoch's end, in the second epoch, in the third."""
    kind = gonogo.lightning.adapt(Line, Points, task=gonogo.regression(), trainer={"accumulate_grad_batches": 2})
    first, feed = opened(kind)
    train(first, feed, steps)
    first.save(str(tmp_path / "checkpoint"))
    expected = train(first, feed, 7)
    other, its_feed = opened(kind, seed=1)
    train(other, its_feed, 2)
    other.load(str(tmp_path / "checkpoint"))
    assert train(other, its_feed, 7) == expected
    assert all(torch.equal(value, first.model.state_dict()[name]) for name, value in other.model.state_dict().items())
    assert other.extra_state()["loops"] == first.extra_state()["loops"]
    opens = torch.load(tmp_path / "checkpoint", weights_only=True)
    assert set(opens["state_dict"]) == set(first.model.state_dict())


def test_the_length_of_the_run_is_known_before_there_are_loaders():
    class Asking(Line):
        def configure_optimizers(self):
            self.epochs, self.updates = self.trainer.max_epochs, self.trainer.max_steps
            return super().configure_optimizers()

    experiment, _ = opened(gonogo.lightning.adapt(Asking, Points, task=gonogo.regression()), length={"epochs": 7})
    # plain numbers: a schedule that is made from them goes into a checkpoint
    assert type(experiment.model.epochs) is int
    assert experiment.model.epochs == 7
    experiment, _ = opened(gonogo.lightning.adapt(Asking, Points, task=gonogo.regression()), length={"steps": 9})
    assert type(experiment.model.updates) is int
    assert experiment.model.updates == 9


def test_what_gonogo_does_itself_is_left_out():
    from lightning.pytorch import callbacks

    class Mine(callbacks.Callback):
        pass

    kept = [Mine(), callbacks.ModelCheckpoint(), callbacks.EarlyStopping("val_loss")]
    kind = gonogo.lightning.adapt(Line, Points, task=gonogo.regression(), trainer={"callbacks": kept, "max_epochs": 90, "gradient_clip_val": 0.5})
    experiment, _ = opened(kind)
    said = experiment._environment
    assert said["trainer callbacks"] == "Mine"
    assert said["done by gonogo instead"] == "max_epochs, EarlyStopping, ModelCheckpoint"
    assert experiment._loop.trainer.gradient_clip_val == 0.5
    assert experiment._loop.trainer.max_epochs == 2


def test_schedules_see_the_whole_run():
    """estimated_stepping_batches, for a run in epochs and for one in steps."""
    kind = gonogo.lightning.adapt(Line, Points, task=gonogo.regression(), trainer={"accumulate_grad_batches": 2})
    for length, expected in (({"epochs": 4}, 12), ({"steps": 12}, 7)):
        experiment, _ = opened(kind, length=length)
        assert experiment._loop.trainer.estimated_stepping_batches == expected


class Staircase(Line):
    """Its schedule moves once an epoch, which is what Lightning does with one that is returned as it is."""

    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), lr=self.lr)
        return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)]


def test_the_end_of_an_epoch_may_be_asked_what_it_does_to_the_rates():
    for kind, rate in ((Staircase, 0.025), (Line, 0.05)):
        experiment, _ = opened(gonogo.lightning.adapt(kind, Points, task=gonogo.regression()))
        experiment._epoch_ends()
        assert experiment._loop.trainer.optimizers[0].param_groups[0]["lr"] == rate


def test_config_from_both_signatures():
    kind = gonogo.lightning.adapt(Line, Points, task=gonogo.regression(), fixed={"count": 16})
    schema = config.schema(config_of(kind))
    assert schema["properties"] == {
        "width": {"type": "integer", "default": 4},
        "lr": {"type": "number", "default": 0.05},
        "data_dir": {"type": "string", "gonogo": "path", "default": "data"},
    }


def module(activation: str = "relu"):
    return Line()


def clashing(width: float = 4.0):
    return {}


def literal(activation: Literal["relu", "gelu"] = "relu", *, depth=2, betas=(0.9, 0.99), batch_size: int = 1, seed: int = 3):
    return Line()


@pytest.mark.parametrize(
    ("arguments", "named", "code"),
    [
        ((module,), {}, "SIGNATURE_TYPE"),
        ((Line,), {"trainer": clashing}, "SIGNATURE_CLASH"),
        ((Line,), {"fixed": {"depth": 3}}, "SIGNATURE_FIXED"),
        ((torch.nn.Linear,), {}, "LIGHTNING_MODULE"),
    ],
)
def test_what_no_run_file_can_say_is_refused(arguments, named, code):
    with pytest.raises(Fault) as caught:
        if arguments[0] is torch.nn.Linear:
            named = {"fixed": {"in_features": 1, "out_features": 1, "bias": True, "device": None, "dtype": None}}
        gonogo.lightning.adapt(*arguments, task=gonogo.regression(), **named)
    assert caught.value.code == code
    if code == "SIGNATURE_TYPE":
        assert "fixed={'activation': …}" in caught.value.details["try"]
        assert "test_lightning.py:" in caught.value.details["where"]


def test_types_from_defaults_and_what_the_run_file_says_elsewhere():
    kind = gonogo.lightning.adapt(literal, task=gonogo.regression())
    properties = config.schema(config_of(kind))["properties"]
    assert properties["activation"] == {"type": "string", "enum": ["relu", "gelu"], "default": "relu"}
    assert properties["depth"] == {"type": "integer", "default": 2}
    assert properties["betas"]["items"] == {"type": "number"}
    assert set(properties) == {"activation", "depth", "betas"}


def test_a_loop_that_stops_itself_says_so():
    class Impatient(Line):
        def on_train_batch_end(self, *_):
            self.trainer.should_stop = True

    experiment, feed = opened(gonogo.lightning.adapt(Impatient, Points, task=gonogo.regression()))
    with pytest.raises(Fault) as caught:
        train(experiment, feed, 5)
    assert caught.value.code == "LOOP_ENDED"


def test_errors_in_the_project_keep_their_place():
    class Broken(Line):
        def training_step(self, batch, batch_idx):
            raise ZeroDivisionError("in the step")

    experiment, feed = opened(gonogo.lightning.adapt(Broken, Points, task=gonogo.regression()))
    with pytest.raises(ZeroDivisionError) as caught:
        train(experiment, feed, 1)
    from gonogo.errors import report

    assert "test_lightning.py" in report(caught.value)["where"]


class Pairs(Line):
    """Takes batches of its own size alone."""

    def training_step(self, batch, batch_idx):
        x, y = batch
        return (self.net(x).squeeze(1) - y).view(2, 4).square().mean()


def test_an_error_that_leaves_fit_is_told_from_one_that_does_not():
    from gonogo.errors import report

    experiment, feed = opened(gonogo.lightning.adapt(Pairs, Points, task=gonogo.regression()))
    train(experiment, feed, 1)
    x, y = feed.next().batch
    experiment.progress.frozen = True
    with pytest.raises(RuntimeError) as raised:
        experiment.train_step([x[:3], y[:3]])
    assert report(raised.value)["code"] == "LOOP_BROKEN"
    assert report(RuntimeError("another"))["code"] == "USER_CODE"
