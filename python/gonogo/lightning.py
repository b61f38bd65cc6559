"""Adapts a Lightning project: its own Trainer trains, validates and saves, one batch at a time, and is what is judged.
Not here: the Trainer's arguments (lightning_trainer.py) and its loop (lightning_loop.py)."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Mapping
from typing import Any, Literal

import torch

from gonogo import facts, seeds, signatures
from gonogo.errors import Fault
from gonogo.experiment import Experiment
from gonogo.lightning_loop import FitLoop
from gonogo.lightning_trainer import package_of, trainer_of
from gonogo.tasks import Task

#: Under which the harness's part of a checkpoint lies, among the callbacks'.
KEY = "gonogo"
PREFIXES = ("val_", "val/", "valid_", "valid/", "validation_", "validation/")


def adapt(
    module: Callable[..., Any],
    data: Callable[..., Any] | None = None,
    *,
    task: Task,
    trainer: Mapping[str, Any] | Callable[..., Any] | None = None,
    fixed: Mapping[str, Any] | None = None,
    metrics: Mapping[str, str] | None = None,
    objective: str | None = None,
    directions: Mapping[str, Literal["min", "max"]] | None = None,
    frozen: tuple[str, ...] = (),
) -> type[Experiment[Any]]:
    """The experiment of a Lightning project: `experiment = gonogo.lightning.adapt(LitClassifier, MnistData, task=…)`.

    `module` and `data` are the project's classes, or functions that return a LightningModule, and a LightningDataModule or
    (train loader, validation loader). What they take by name becomes the keys of `config:`; `fixed` gives what no run file can say.
    `trainer` holds the project's arguments of Trainer, or is a function that returns them or a Trainer; its parameters are keys too.
    `metrics` renames what is logged: {"val/f1_macro": "f1"}; val_ and val/ go by themselves, and acc is accuracy.
    Faults: SIGNATURE_TYPE and the like where a parameter is no config key, LIGHTNING_MODULE.
    """
    makes = {"module": module, "data": data, "trainer": trainer if callable(trainer) else None}
    config, parts = signatures.makers(makes, fixed or {})
    if isinstance(module, type):
        package_of(module)
    caller = sys._getframe(1).f_globals.get("__name__", __name__)
    body = {
        "__module__": caller, "__doc__": module.__doc__, "task": task, "objective": objective, "directions": dict(directions or {}), "frozen": frozen,
        "_parts": parts, "_trainer_given": {} if trainer is None or callable(trainer) else trainer, "_metrics": dict(metrics or {}),
    }  # fmt: skip
    return types.new_class(module.__name__, (_Lightning, Experiment[config]), exec_body=lambda space: space.update(body))  # type: ignore[valid-type]


class _Lightning(Experiment[Any]):
    """Everything of the user's own: the loop, the evaluation and the checkpoint are Lightning's."""

    _parts: Mapping[str, signatures.Maker]
    _trainer_given: Mapping[str, Any]
    _metrics: Mapping[str, str]
    _loop: FitLoop

    def setup(self) -> None:
        self._build(None)

    def train_step(self, batch: Any) -> Any:
        return self._loop.step(batch, self.progress)

    def on_epoch_end(self) -> None:
        """Lightning ends its epoch by itself, after what gonogo does between the last batch and the next: as it validates before the end."""

    def _epoch_ends(self) -> None:
        """What an epoch's end does to the schedules, for those who ask about the rates; Lightning itself does it with the next batch."""
        self._loop.step_schedules()

    def evaluate(self, loader: Any) -> dict[str, float]:
        found = self._loop.evaluate(loader)
        if not found:
            raise Fault("EVALUATE_RESULT", "validation logs nothing", where=self._places.get("evaluate"), expected='self.log("val_loss", loss) in validation_step')
        return _renamed(found, self._metrics, self.task.kind)

    def save(self, path: str) -> None:
        self._loop.save(path)

    def load(self, path: str) -> None:
        """As in a new process: everything is built again, then fit(ckpt_path=path) restores it."""
        self._loop.stop()
        seeds.seed_all(self.seed, "setup")
        try:
            self._build(path)
        except Exception as error:
            error.gonogo_spent = True  # type: ignore[attr-defined]  # what was built before has been stopped
            raise

    def extra_state(self) -> dict[str, Any]:
        return self._loop.counters()

    def load_extra_state(self, state: dict[str, Any]) -> None:
        self._loop.load_counters(state)

    def _build(self, checkpoint: str | None) -> None:
        parts = self._parts
        module = parts["module"](self)
        package = package_of(module)
        data = parts["data"](self) if "data" in parts else None
        given = parts["trainer"](self) if "trainer" in parts else self._trainer_given
        keeper = _keeper(package, self)
        trainer, self._environment = trainer_of(package, given, self, keeper)
        self._loop = loop = FitLoop(trainer, module, data, self._asked, package)
        type(self)._places = _places(module, data)
        _need_validation(module, self._places)
        self.model = module
        loop.begin(checkpoint)
        self.train_loader, self.val_loader = loop.train_loader, loop.val_loaders[0]
        self.data, self.callbacks = data, {type(one).__name__: vars(one) for one in trainer.callbacks if one is not keeper}
        self._expose("optimizer", list(trainer.optimizers))
        self._expose("schedule", [one.scheduler for one in trainer.lr_scheduler_configs])
        self.scaler = getattr(trainer.precision_plugin, "scaler", None)
        if checkpoint is not None:
            self._go_on(keeper.found, checkpoint)

    def _expose(self, name: str, found: list[Any]) -> None:
        """On self, where the harness finds it: one as `optimizer`, several as `optimizer.0` and so on."""
        setattr(self, name, found[0] if len(found) == 1 else found)

    def _go_on(self, kept: Mapping[str, Any] | None, path: str) -> None:
        if kept is None:
            raise Fault("CHECKPOINT_FOREIGN", "this checkpoint was not saved under gonogo", where=path, expected=f"its progress, under callbacks.{KEY}")
        self._loop.load_counters(kept["counters"])
        self._loop.load_gradients(kept["gradients"])
        self.progress.load_state_dict(kept["progress"])  # last: it puts the generators back

    def _kept(self) -> dict[str, Any]:
        """What Lightning's checkpoint lacks for an exact resume: generators, the place in the data, what an unfinished epoch has logged, gradients that wait."""
        return {"progress": self.progress.state_dict(), "counters": self._loop.counters(), "gradients": self._loop.gradients()}

    def _scored(self) -> list[torch.nn.Module]:
        """The module, and the network in it that holds all of its parameters: many call self.net(x) and never self(x)."""
        whole = sum(1 for _ in self.model.parameters())
        inner = [child for child in self.model.children() if whole and sum(1 for _ in child.parameters()) == whole]
        return [*inner, self.model]


def _keeper(package: str, experiment: _Lightning) -> Any:
    """A callback whose state is gonogo's part of Lightning's checkpoint."""
    import importlib

    base = importlib.import_module(f"{package}.callbacks").Callback

    class Keeper(base):  # type: ignore[misc,valid-type]
        found: Mapping[str, Any] | None = None

        @property
        def state_key(self) -> str:
            return KEY

        def state_dict(self) -> dict[str, Any]:
            return experiment._kept()

        def load_state_dict(self, state_dict: dict[str, Any]) -> None:
            self.found = state_dict

    return Keeper()


def _need_validation(module: Any, places: Mapping[str, str]) -> None:
    from gonogo.lightning_loop import _base

    if type(module).validation_step is _base(module, "validation_step"):
        raise Fault(
            "EXPERIMENT_INCOMPLETE", f"{type(module).__name__} has no validation_step", where=places.get("model"), expected="def validation_step(self, batch, batch_idx)"
        )


def _places(module: Any, data: Any) -> dict[str, str]:
    """Which of the project's lines stands behind each of our functions."""
    kind, holder = type(module), type(data) if hasattr(data, "train_dataloader") else type(module)
    wanted = {
        "setup": (kind, "__init__"), "model": (kind, "__init__"), "train_step": (kind, "training_step"), "loss": (kind, "training_step"),
        "evaluate": (kind, "validation_step"), "metrics": (kind, "validation_step"), "optimizer": (kind, "configure_optimizers"),
        "optimizers": (kind, "configure_optimizers"), "data": (holder, "train_dataloader"), "save": (kind, "on_save_checkpoint"),
        "load": (kind, "on_load_checkpoint"), "on_epoch_end": (kind, "on_train_epoch_end"),
    }  # fmt: skip
    found = {name: place for name, (owner, method) in wanted.items() if (place := facts.place_of(getattr(owner, method, None))) is not None}
    whole = facts.place_of(kind)
    return found if whole is None else {**{name: whole for name in ("setup", "model", "save", "load")}, **found}


def _renamed(found: Mapping[str, float], names: Mapping[str, str], kind: str) -> dict[str, float]:
    """Names as gonogo has them: val_loss, val_accuracy. Of what was logged by step and by epoch, the epoch's."""
    result: dict[str, float] = {}
    for name, value in found.items():
        plain = name.removesuffix("/dataloader_idx_0")
        if plain in names:
            result[f"val_{names[plain]}"] = value
            continue
        if plain.endswith("_step") and plain.removesuffix("_step") in found:
            continue
        if plain.endswith("_epoch") and plain.removesuffix("_epoch") in found:
            continue
        short = next((plain.removeprefix(prefix) for prefix in PREFIXES if plain.startswith(prefix)), plain)
        result[f"val_{'accuracy' if short == 'acc' and kind == 'classification' else short}"] = value
    return result
