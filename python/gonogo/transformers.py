"""Adapts a project with Hugging Face's Trainer: its own loss, optimizer, callbacks, evaluation and checkpoints are what is judged.
Not here: one update of it (transformers_update.py). The loop around the updates is gonogo's: cadence, saving, the end of the run."""

from __future__ import annotations

import importlib
import os
import sys
import types
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from gonogo import beside, facts, monitors, seeds, signatures
from gonogo.epochs import modes_kept
from gonogo.errors import Fault
from gonogo.experiment import Experiment
from gonogo.found import unwrapped
from gonogo.samplers import batch_size_of
from gonogo.tasks import Task
from gonogo.transformers_update import grouped, update

#: What the Trainer adds to its metrics that is no metric.
CLOCKS = ("_runtime", "_samples_per_second", "_steps_per_second", "_model_preparation_time", "_compilation_time")
#: Arguments that say what gonogo says itself.
OFF = {"eval_strategy": "no", "save_strategy": "no", "load_best_model_at_end": False, "push_to_hub": False, "report_to": [], "disable_tqdm": True}
REACHED = (
    "get_train_dataloader", "_prepare_for_training", "_init_training_state", "set_initial_training_values", "get_batch_samples", "training_step",
    "_clip_grad_norm", "_save_checkpoint", "_load_from_checkpoint", "_load_optimizer_and_scheduler", "_load_scaler", "_get_output_dir", "evaluate",
)  # fmt: skip


def adapt(
    make_trainer: Any,
    *,
    task: Task,
    fixed: Mapping[str, Any] | None = None,
    metrics: Mapping[str, str] | None = None,
    objective: str | None = None,
    directions: Mapping[str, Literal["min", "max"]] | None = None,
    frozen: tuple[str, ...] = (),
) -> type[Experiment[Any]]:
    """The experiment of a project with a Trainer: `experiment = gonogo.transformers.adapt(make_trainer, task=…)`.

    `make_trainer` is a function that returns the Trainer, or the Trainer itself. What it takes by name becomes the keys of `config:`
    (batch_size, eval_batch_size and seed come from the run file); `fixed` gives what no run file can say. A step is one update:
    as many batches as gradient_accumulation_steps says. `metrics` renames what compute_metrics returns; where there is no
    compute_metrics, say objective="loss". How long the run is, when it evaluates, saves and ends, the run file says.
    """
    makes: dict[str, Any] = {"trainer": make_trainer if _is_function(make_trainer) else None}
    config, parts = signatures.makers(makes, fixed or {})
    caller = sys._getframe(1).f_globals.get("__name__", __name__)
    body = {
        "__module__": caller, "task": task, "objective": objective, "directions": dict(directions or {}), "frozen": frozen,
        "_make": parts.get("trainer", staticmethod(lambda _: make_trainer)), "_metrics": dict(metrics or {}),
    }  # fmt: skip
    return types.new_class("HuggingFace", (_Transformers, Experiment[config]), exec_body=lambda space: space.update(body))  # type: ignore[valid-type]


def _is_function(made: Any) -> bool:
    return callable(made) and not hasattr(made, "training_step")


class _Transformers(Experiment[Any]):
    """The Trainer's own functions, called one update at a time."""

    _make: Callable[[Any], Any]
    _metrics: Mapping[str, str]
    trainer: Any

    def setup(self) -> None:
        trainer = self._trainer = self._made()
        seeds.seed_all(self.seed, "trainer")  # its constructor has set its own
        self._train_dataloader = trainer.get_train_dataloader()
        self.train_loader = grouped(unwrapped(self._train_dataloader), trainer.args.gradient_accumulation_steps)
        self.val_loader = unwrapped(trainer.get_eval_dataloader())
        trainer.args.max_steps = self.steps
        trainer.is_in_train = True
        if trainer.model_init is not None and trainer.model is None:
            trainer.model = trainer.call_model_init()
        self._begin(None)
        self._expose()
        self._environment = {"transformers": f"{importlib.import_module('transformers').__version__}, {trainer.accelerator.mixed_precision}"}
        type(self)._places = _places(trainer)

    def _made(self) -> Any:
        trainer = self._make(self)
        missing = [name for name in REACHED if not hasattr(trainer, name)]
        if missing:
            raise Fault(
                "TRANSFORMERS_TRAINER", "this is no Trainer that can be driven", seen=f"{type(trainer).__name__} has no {missing[0]}",
                expected="transformers.Trainer or a class that derives from it, of transformers 5",
            )
        if trainer.args.world_size != 1 or trainer.args.n_gpu > 1:
            raise Fault("TRANSFORMERS_PROCESSES", "the Trainer is driven in one process, on one device", seen=f"{trainer.args.world_size} processes, {trainer.args.n_gpu} GPUs", expected="1")
        metric, larger = trainer.args.metric_for_best_model, trainer.args.greater_is_better
        if trainer.args.load_best_model_at_end and isinstance(metric, str):
            self._watching = [monitors.fact("keeper", type(trainer).__name__, metric, None if larger is None else "max" if larger else "min")]
        for name, value in OFF.items():
            setattr(trainer.args, name, value)
        trainer.args.seed = self.seed
        quiet = ("PrinterCallback", "ProgressCallback", "NotebookProgressCallback")
        for callback in list(trainer.callback_handler.callbacks):
            if type(callback).__name__ in quiet or type(callback).__module__ == "transformers.integrations.integration_utils":
                trainer.remove_callback(callback)
        return trainer

    def _begin(self, checkpoint: str | None) -> None:
        """What train() does before its first epoch, by the Trainer's own functions."""
        trainer, args = self._trainer, self._trainer.args
        if checkpoint is not None:
            trainer._load_from_checkpoint(checkpoint)
        epochs, updates, *_, steps = trainer.set_initial_training_values(args, self._train_dataloader)
        trainer._init_training_state(steps, updates, epochs, checkpoint, None)
        trainer._prepare_for_training(steps, self._train_dataloader, checkpoint)
        if checkpoint is None:
            trainer.model_wrapped.zero_grad()
            trainer.control = trainer.callback_handler.on_train_begin(args, trainer.state, trainer.control)

    def _expose(self) -> None:
        trainer = self._trainer
        self.model, self.optimizer, self.schedule = trainer.model, trainer.optimizer, trainer.lr_scheduler
        self.scaler = getattr(trainer.accelerator, "scaler", None)
        self.device = next(self.model.parameters()).device
        self.callbacks = {type(one).__name__: vars(one) for one in trainer.callback_handler.callbacks}

    def train_step(self, batch: Any) -> Any:
        samples = batch if isinstance(batch, list) else [batch]
        return update(self._trainer, samples, self.progress, self.train_loader, getattr(self, "_regularised", True))

    def on_epoch_end(self) -> None:
        trainer = self._trainer
        trainer.control = trainer.callback_handler.on_epoch_end(trainer.args, trainer.state, trainer.control)

    def evaluate(self, loader: Any) -> dict[str, float]:
        with modes_kept(self), _evaluating(self._trainer, loader):
            found = self._trainer.evaluate()
        return self._renamed(found)

    def _renamed(self, found: Mapping[str, float]) -> dict[str, float]:
        metrics = {name: value for name, value in found.items() if name != "epoch" and not name.endswith(CLOCKS)}
        plain = {name.removeprefix("eval_"): value for name, value in metrics.items() if isinstance(value, (int, float))}
        if not plain:
            raise Fault("EVALUATE_RESULT", "Trainer.evaluate() gave no metric", seen=", ".join(found), expected="labels in the batches, or compute_metrics")
        return {f"val_{self._metrics.get(name, name)}": value for name, value in plain.items()}

    def save(self, path: str) -> None:
        """The Trainer's own checkpoint, as a folder within `path`."""
        trainer = self._trainer
        usual = trainer._get_output_dir
        trainer._get_output_dir = lambda trial=None: path
        try:
            trainer._save_checkpoint(trainer.model_wrapped, None)
            trainer.control = trainer.callback_handler.on_save(trainer.args, trainer.state, trainer.control)
        finally:
            trainer._get_output_dir = usual
        beside.keep(path, self.progress)

    def load(self, path: str) -> None:
        folders = [one for one in Path(path).glob("checkpoint-*") if one.is_dir()]
        if len(folders) != 1:
            raise Fault("CHECKPOINT_DAMAGED", "there is no checkpoint of a Trainer here", where=path, seen=f"{len(folders)} folders", expected="one checkpoint-*")
        self._begin(os.fspath(folders[0]))
        self._expose()
        beside.restore(path, self.progress)

    def extra_state(self) -> dict[str, Any]:
        state = self._trainer.state
        return {"global_step": int(state.global_step), "epoch": float(state.epoch or 0.0)}

    def load_extra_state(self, state: dict[str, Any]) -> None:
        self._trainer.state.global_step, self._trainer.state.epoch = state["global_step"], state["epoch"]


@contextmanager
def _evaluating(trainer: Any, loader: Any) -> Any:
    """The Trainer evaluates on `loader`, as if it had made and prepared it."""
    usual, size, logs = trainer.get_eval_dataloader, trainer.args.per_device_eval_batch_size, trainer.log
    trainer.get_eval_dataloader = lambda *_, **__: _shard(loader)
    trainer.args.per_device_eval_batch_size = batch_size_of(loader) or size
    history = len(trainer.state.log_history)
    try:
        yield
    finally:
        del trainer.state.log_history[history:]  # an evaluation of the preflight is none of the run
        trainer.get_eval_dataloader, trainer.args.per_device_eval_batch_size, trainer.log = usual, size, logs


def _shard(loader: Any) -> Any:
    """`loader` as Accelerate would have prepared it: the Trainer weighs the last batch by what this says of it."""
    from accelerate.data_loader import DataLoaderStateMixin
    from accelerate.state import GradientState

    class Shard(DataLoaderStateMixin):
        def __init__(self) -> None:
            self.gradient_state, self._drop_last = GradientState(), False

        @property
        def total_batch_size(self) -> int:
            return batch_size_of(loader) or 1

        def __iter__(self) -> Any:
            self.begin()
            try:
                for index, batch in enumerate(loader):
                    self.end_of_dataloader = index + 1 >= len(loader)
                    yield batch
            finally:
                self.end()

        def __len__(self) -> int:
            return len(loader)

        def __getattr__(self, name: str) -> Any:
            return getattr(loader, name)

    return Shard()


def _places(trainer: Any) -> dict[str, str]:
    """Which of the project's lines stands behind each of our functions."""
    kind = type(trainer)
    wanted = {
        "model": type(trainer.model), "loss": kind.compute_loss, "train_step": kind.compute_loss, "optimizer": kind.create_optimizer,
        "evaluate": trainer.compute_metrics, "save": kind._save_checkpoint, "data": getattr(trainer.data_collator, "__call__", None),
    }  # fmt: skip
    return {name: place for name, made in wanted.items() if made is not None and (place := facts.place_of(made)) is not None}
