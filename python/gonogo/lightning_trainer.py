"""The project's own Trainer, as gonogo runs it: what it keeps, and what gonogo does in its place.
Not here: its loop (lightning_loop.py)."""

from __future__ import annotations

import copy
import importlib
import os
import tempfile
from collections.abc import Mapping
from typing import Any

from gonogo import monitors
from gonogo.errors import Fault

#: Arguments of Trainer that gonogo's run file has its own word for, or that would do what gonogo does. The rest is the project's.
REPLACED = (
    "accelerator", "devices", "num_nodes", "strategy", "max_epochs", "min_epochs", "max_steps", "min_steps", "max_time", "limit_train_batches",
    "limit_val_batches", "limit_test_batches", "limit_predict_batches", "overfit_batches", "fast_dev_run", "val_check_interval",
    "check_val_every_n_epoch", "num_sanity_val_steps", "logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary",
    "default_root_dir", "profiler", "barebones",
)  # fmt: skip
#: Callbacks that would stop, save, search or draw beside gonogo.
CALLBACKS = ("Checkpoint", "EarlyStopping", "ProgressBar", "Timer", "ModelSummary", "LearningRateFinder", "BatchSizeFinder")
PRECISION = {"bfloat16": "bf16-mixed", "float16": "16-mixed"}


class Endless(int):
    """So many epochs or steps for a loop, which is told no when it asks whether they are over: gonogo ends the run. The project reads
    them of the Trainer, as plain numbers: a schedule keeps what it is made from, and a checkpoint with a class of ours would not open."""

    def __le__(self, other: Any) -> bool:
        return False

    def __add__(self, other: int) -> Endless:
        return Endless(int(self) + other)


class Longer(int):
    """The batches of an epoch that does not end: the steps of a frozen probe belong to none."""

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    __hash__ = int.__hash__


def _told_plainly(trainer: Any) -> None:
    """`trainer.max_epochs` and `max_steps` are int; its loops keep theirs."""
    kind = type(trainer)

    def plain(name: str) -> property:
        def value(self: Any) -> Any:
            of_loop = getattr(super(told, self), name)
            return int(of_loop) if isinstance(of_loop, Endless) else of_loop

        return property(value)

    told: Any = type(kind.__name__, (kind,), {"__module__": kind.__module__, "max_epochs": plain("max_epochs"), "max_steps": plain("max_steps")})
    trainer.__class__ = told


def package_of(module: Any) -> str:
    """`lightning.pytorch` or `pytorch_lightning`: the one whose LightningModule this is."""
    for base in (module if isinstance(module, type) else type(module)).__mro__:
        if base.__name__ == "LightningModule":
            return base.__module__.split(".core")[0]
    raise Fault("LIGHTNING_MODULE", "adapt() was given no LightningModule", seen=getattr(module, "__name__", type(module).__name__), expected="a class that derives from LightningModule, or a function that returns one")


def trainer_of(package: str, given: Any, experiment: Any, ours: Any) -> tuple[Any, dict[str, str]]:
    """The Trainer, and facts about it for the record. `given`: its arguments, or a Trainer that the project made."""
    lightning = importlib.import_module(package)
    if isinstance(given, Mapping):
        arguments = dict(given)
        _refuse(arguments)
        replaced = sorted(key for key in arguments if key in REPLACED)
        callbacks = arguments.pop("callbacks", None) or []
        kept = [copy.deepcopy(one) for one in (callbacks if isinstance(callbacks, (list, tuple)) else [callbacks])]
        arguments = {key: value for key, value in arguments.items() if key not in REPLACED}
        _from_run_file(arguments, experiment)
        trainer = lightning.Trainer(**arguments, **_places(experiment), logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False)
        trainer.callbacks = [*trainer.callbacks, *kept]
    elif isinstance(given, lightning.Trainer):
        trainer, replaced = given, []
    else:
        raise Fault("LIGHTNING_TRAINER", "trainer is neither arguments nor a Trainer", seen=type(given).__name__, expected='{"gradient_clip_val": 1.0, …}, or a function that returns them or a Trainer')
    if trainer.reload_dataloaders_every_n_epochs:
        raise Fault("LIGHTNING_UNSUPPORTED", "loaders that are made anew every few epochs cannot be followed", seen="reload_dataloaders_every_n_epochs", expected="0")
    dropped = [one for one in trainer.callbacks if _is_replaced(package, one)]
    experiment._watching = monitors.of_callbacks(dropped)
    trainer.callbacks = [*(one for one in trainer.callbacks if one not in dropped), ours]
    if trainer.loggers or not isinstance(given, Mapping) or given.get("logger", True):
        # A logger that takes whatever it is told, so that self.logger.experiment.add_image(…) still runs.
        trainer.loggers = [importlib.import_module(f"{package}.loggers.logger").DummyLogger()]
    _told_plainly(trainer)
    trainer.num_sanity_val_steps = trainer.limit_val_batches = 0
    trainer.limit_train_batches = 1.0
    said = {
        package: lightning.__version__,
        "trainer precision": str(trainer.precision),
        "trainer callbacks": ", ".join(type(one).__name__ for one in trainer.callbacks if one is not ours) or "none",
        "done by gonogo instead": ", ".join([*replaced, *sorted({type(one).__name__ for one in dropped})]) or "nothing",
    }
    return trainer, said


def without_replaced(package: str, callbacks: Any) -> list[Any]:
    """What a module's configure_callbacks() returned, without what gonogo does itself."""
    callbacks = callbacks if isinstance(callbacks, (list, tuple)) else [callbacks] if callbacks else []
    return [one for one in callbacks if not _is_replaced(package, one)]


def _is_replaced(package: str, callback: Any) -> bool:
    kinds = importlib.import_module(f"{package}.callbacks")
    return isinstance(callback, tuple(kind for name in CALLBACKS if (kind := getattr(kinds, name, None)) is not None))


def _refuse(arguments: Mapping[str, Any]) -> None:
    strategy = arguments.get("strategy", "auto")
    if strategy not in ("auto", "single_device") and not (isinstance(strategy, str) and strategy.startswith("ddp")):
        raise Fault("LIGHTNING_UNSUPPORTED", "only one device is driven through Lightning", seen=f"strategy={strategy!r}", expected="auto")


def _from_run_file(arguments: dict[str, Any], experiment: Any) -> None:
    """`train.accumulate`, `clip_norm` and `precision` hold where the Trainer's arguments do not say another."""
    wanted = {
        "accumulate_grad_batches": experiment.accumulate if experiment.accumulate != 1 else None,
        "gradient_clip_val": experiment.clip_norm,
        "precision": PRECISION.get(experiment._asked["precision"]),
    }
    for key, value in wanted.items():
        if value is None:
            continue
        if arguments.setdefault(key, value) != value:
            raise Fault("LIGHTNING_TWO_WORDS", f"the run file and the Trainer disagree on {key}", seen=f"{value} and {arguments[key]}", expected="one of the two")


def _places(experiment: Any) -> dict[str, Any]:
    device = experiment.device
    return {
        "accelerator": "gpu" if device.type == "cuda" else device.type,
        "devices": [device.index or 0] if device.type == "cuda" else 1,
        "default_root_dir": os.path.join(tempfile.gettempdir(), f"gonogo-lightning-{os.getpid()}"),  # nothing is written unless the project does
        "max_epochs": 1,
    }
