"""A script's own objects and functions as an experiment: `experiment = gonogo.adapt(model, optimizer, …)` at its end.
Not here: what is left out, which is managed as for any experiment, and trainers of frameworks, which have adapters of their own."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Any, Literal

from gonogo.errors import Fault, is_project_file, shown
from gonogo.experiment import Experiment
from gonogo.tasks import Task

#: How each function of a script is called.
CALLED = {
    "train_step": "train_step(batch)",
    "train_epoch": "train_epoch(loader)",
    "evaluate": "evaluate(loader): it goes through the loader that it is given",
    "on_epoch_end": "on_epoch_end()",
    "loss": "loss(batch)",
    "metrics": "metrics(batch)",
    "save": "save(path)",
    "load": "load(path)",
}


def adapt(
    model: Any,
    optimizer: Any,
    train_loader: Any,
    val_loader: Any,
    *,
    task: Task,
    schedule: Any = None,
    schedule_every: Literal["step", "epoch"] = "step",
    train_step: Callable[[Any], Any] | None = None,
    train_epoch: Callable[[Any], Any] | None = None,
    evaluate: Callable[[Any], dict[str, Any]] | None = None,
    on_epoch_end: Callable[[], None] | None = None,
    loss: Callable[[Any], Any] | None = None,
    metrics: Callable[[Any], dict[str, Any]] | None = None,
    save: Callable[[str], None] | None = None,
    load: Callable[[str], None] | None = None,
    test_loader: Any = None,
    accelerator: Any = None,
    objective: str | None = None,
    directions: Mapping[str, Literal["min", "max"]] | None = None,
    frozen: tuple[str, ...] = (),
    **state: Any,
) -> type[Script]:
    """An Experiment of what a script has built: importing the script is the factory, with every generator seeded first.

    What is left out is managed: the step and the evaluation by the task (or by `loss` and `metrics`), the checkpoint by gonogo.
    The loaders, their batch size and the schedule are the script's own; `schedule_every` says when the schedule moves where the
    step is managed or `train_epoch` runs. `train_step(batch)` returns the loss; `evaluate(loader)` returns metrics;
    `train_epoch(loader)` is the script's whole loop of one epoch. `save(path)` and `load(path)` are the script's own; how far the
    run is, gonogo keeps beside them. `accelerator` is the project's own Accelerator, which has prepared what is given here.
    Further keywords are objects with state: `ema=…, discriminator=…`. Optimizers, schedules, scalers and averages that the script
    holds as globals are found without being named. Raises Fault where a function cannot be called as gonogo will call it.
    """
    functions = {
        "train_step": train_step, "train_epoch": train_epoch, "evaluate": evaluate, "on_epoch_end": on_epoch_end,
        "loss": loss, "metrics": metrics, "save": save, "load": load,
    }  # fmt: skip
    given = {name: one for name, one in functions.items() if one is not None}
    _refuse(given, schedule_every, state)
    frame = sys._getframe(1)
    named = {"model": model, "optimizer": optimizer, "schedule": schedule, **state}
    loaders = {"train_loader": train_loader, "val_loader": val_loader, "test_loader": test_loader}
    base: type = Script
    if accelerator is not None:
        from gonogo.accelerate import prepared

        base = prepared(accelerator)
    path = frame.f_code.co_filename
    members: dict[str, Any] = {
        "task": task,
        "objective": objective,
        "directions": dict(directions or {}),
        "frozen": tuple(frozen),
        "schedule_every": schedule_every,
        "_loop_of": "epoch" if train_epoch is not None else "step",
        "held": {name: one for name, one in {**named, **loaders}.items() if one is not None},
        "namespace": frame.f_globals,
        "functions": given,
        "_places": dict.fromkeys(("setup", "model", "optimizer", "data"), f"{shown(path)}:{frame.f_lineno}") if is_project_file(path) else {},
        "__module__": frame.f_globals.get("__name__", __name__),
    }
    for name, function in given.items():
        method = base.METHODS[name]
        members["train_step" if name == "train_epoch" else name] = functools.wraps(function, assigned=("__doc__",), updated=())(_apart(method))
    if train_epoch is not None or schedule_every == "epoch":
        members.setdefault("on_epoch_end", _apart(Script.METHODS["on_epoch_end"]))
    if accelerator is not None and train_step is None and train_epoch is None:
        members["train_step"] = base.accelerated_step
    return type("Adapted", (base,), members)


def _refuse(given: Mapping[str, Callable[..., Any]], schedule_every: str, state: Mapping[str, Any]) -> None:
    """Clear errors at the call of adapt(), instead of a TypeError in the first step."""
    if "train_epoch" in given and "train_step" in given:
        raise Fault("ADAPT_TWICE", "adapt() takes one of train_step and train_epoch", seen="both", expected="the step, or the loop of an epoch")
    if schedule_every not in ("step", "epoch"):
        raise Fault("ADAPT_SCHEDULE", "schedule_every is one of two words", seen=repr(schedule_every), expected='"step" or "epoch"')
    taken = [name for name in state if hasattr(Script, name) or name in Experiment.__annotations__]
    if taken:
        raise Fault("ADAPT_NAME", f"{taken[0]} is a name that gonogo uses", seen=f"adapt({taken[0]}=…)", expected="another name")
    for name, function in given.items():
        try:
            inspect.signature(function).bind(*([] if CALLED[name].endswith("()") else [None]))
        except TypeError as error:
            raise Fault("ADAPT_SIGNATURE", f"{name} cannot be called as gonogo calls it", seen=str(error), expected=CALLED[name]) from None
        except ValueError:
            pass  # a builtin tells no signature


def _readable(dataset: Any) -> bool:
    """Its first sample can be had, or it has none that are reached by index."""
    from gonogo import batches, seeds
    from gonogo.untouched import untouched

    if dataset is None or not batches.indexed(dataset):
        return True
    try:
        with seeds.kept(), untouched(dataset, 0):
            dataset[0]
    except Exception:
        return False
    return True


def _apart(method: Callable[..., Any]) -> Callable[..., Any]:
    """A function of its own for each class: its __wrapped__ tells where the script's stands."""

    def call(self: Any, *arguments: Any) -> Any:
        return method(self, *arguments)

    return call


class Script(Experiment[None]):
    """Calls the script's functions where an experiment's methods are called, and finds what the script holds besides."""

    held: Mapping[str, Any]
    namespace: dict[str, Any]
    functions: Mapping[str, Callable[..., Any]]

    def setup(self) -> None:
        from gonogo import holdings, seeds

        for name, value in self.held.items():
            setattr(self, name, value)
        # A script says itself where it computes; what is managed goes there too.
        self.device = next((one.device for one in self.model.parameters()), self.device) if hasattr(self.model, "parameters") else self.device
        known = {id(value) for value in self.held.values()}
        for name, value in holdings.stateful(self.namespace, list(self.functions.values()), self.held).items():
            if id(value) not in known:
                setattr(self, name if not hasattr(self, name) else f"script_{name}", value)
        self._counters = holdings.counters(self.namespace)
        self._namespace, self._written = self.namespace, holdings.written(self.namespace)
        if "train_epoch" in self.functions and not _readable(getattr(self.train_loader, "dataset", None)):
            with seeds.kept():
                self._loop().rehearse()

    def extra_state(self) -> dict[str, Any]:
        return {name: self.namespace[name] for name in self._counters}

    def load_extra_state(self, state: dict[str, Any]) -> None:
        self.namespace.update({name: state[name] for name in self._counters if name in state})

    def _step(self, batch: Any) -> Any:
        return self.functions["train_step"](batch)

    def _before_batch(self) -> None:
        if "train_epoch" in self.functions:
            self._loop().begin()

    def _loop(self) -> Any:
        from gonogo.epochs import Epochs

        if not hasattr(self, "_epochs"):
            self._epochs = Epochs(self, self.functions["train_epoch"])
        return self._epochs

    def _step_of_epoch(self, batch: Any) -> Any:
        return self._loop().step(batch)

    def _evaluate(self, loader: Any) -> Any:
        from gonogo.epochs import modes_kept

        if "train_epoch" not in self.functions:
            return self.functions["evaluate"](loader)
        with modes_kept(self):
            return self.functions["evaluate"](loader)

    def _end_epoch(self) -> None:
        if hasattr(self, "_epochs"):
            self._epochs.end()
        if "on_epoch_end" in self.functions:
            self.functions["on_epoch_end"]()
        if self.schedule_every == "epoch" and "schedule" in self.held:
            self.schedule.step()

    def _loss(self, batch: Any) -> Any:
        return self.functions["loss"](batch)

    def _metrics(self, batch: Any) -> Any:
        return self.functions["metrics"](batch)

    def _save(self, path: str) -> None:
        from gonogo import beside

        self.functions["save"](path)
        beside.keep(path, self.progress)

    def _load(self, path: str) -> None:
        from gonogo import beside

        self.functions["load"](path)
        beside.restore(path, self.progress)

    METHODS: Mapping[str, Callable[..., Any]] = {
        "train_step": _step,
        "train_epoch": _step_of_epoch,
        "evaluate": _evaluate,
        "on_epoch_end": _end_epoch,
        "loss": _loss,
        "metrics": _metrics,
        "save": _save,
        "load": _load,
    }
