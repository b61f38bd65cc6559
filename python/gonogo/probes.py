"""Closer looks at an opened experiment: chosen batches, replaced predictions, perturbed inputs.
Not here: training and evaluating (subject.py), looks at the data alone (samples.py), rates of the whole run (rates.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader

from gonogo import batches, seeds, state
from gonogo.corrupt import corrupted
from gonogo.drawn import Drawn
from gonogo.errors import Fault
from gonogo.forward_noise import ForwardNoise, is_compiled
from gonogo.found import find
from gonogo.padding import tensor_of
from gonogo.wanted import Wanted

def abilities(subject: Any) -> dict[str, Any]:
    """What of these a subject can do."""
    drawn = subject.feed()
    dataset, loader = drawn.dataset(), getattr(drawn, "loader", None)
    collates = loader is None or isinstance(loader, DataLoader)
    by_index = None if batches.indexed(dataset) else "the training data cannot be reached by index"
    scored = None if subject._scored() else "there is no self.model, so its outputs are not seen"
    standard = subject.experiment.task.kind in ("classification", "regression")

    def unless(reason: str | None) -> Any:
        return "yes" if reason is None else {"no": reason}

    alone = None if subject.world.size == 1 else "each rank holds a part of the batch"
    dealt = "val_loader deals its samples to the ranks by itself" if subject._splits["val"]._dealt else None
    return {
        "batchByIds": unless(by_index or (None if collates else "train_loader is no DataLoader, so how it collates is not known")),
        "corrupt": "yes",
        "suppressUpdates": "yes" if find(subject.experiment).optimizers else {"no": "there is no optimizer that could be held"},
        "trace": "yes",
        "accumulate": "yes" if subject.managed_steps else {"no": "train_step() accumulates by itself"},
        "evaluateAnyOrder": unless(subject._splits["val"].fixed() or dealt),
        "replacePredictions": unless(scored or (None if standard else "a custom task has no outputs that gonogo knows")),
        "perturb": unless(alone or scored),
        "perturbTraining": unless(alone or scored),
        "passes": unless(alone),
        "order": unless(alone or drawn.blind),
        "survey": unless(by_index),
        "schedule": "yes",
    }


def chosen(subject: Any, probe: dict[str, Any]) -> list[Drawn] | None:
    """The batches that a training probe goes round; null where it goes on with the run's own."""
    batch, corrupt = probe.get("batch", "live"), probe.get("corrupt")
    if batch == "live":
        return None
    if "frozen" in batch:
        found = [subject.feed().frozen(batch["frozen"])]
    else:
        found = [_by_ids(subject, ids) for ids in batch["ids"]]
    return found if corrupt is None else [replace(one, batch=corrupted(one.batch, corrupt)[0]) for one in found]


def _by_ids(subject: Any, ids: list[int]) -> Drawn:
    size = len(subject.split("train"))
    beyond = next((index for index in ids if not 0 <= index < size), None)
    if beyond is not None:
        raise Fault("SAMPLE_UNKNOWN", "the training split has no such sample", seen=f"id {beyond}", expected=f"0 to {size - 1}")
    return subject.feed().chosen(ids)


@contextmanager
def accumulating(subject: Any, calls: int | None) -> Iterator[None]:
    """The managed step makes one update of so many calls."""
    if calls is None:
        yield
        return
    if not subject.managed_steps:
        raise Fault("ENGINE_UNSUPPORTED", "train_step() accumulates by itself", seen=f"accumulate {calls}", expected="a managed step")
    kept, subject.experiment.accumulate = subject.experiment.accumulate, calls
    try:
        yield
    finally:
        subject.experiment.accumulate = kept


class Look:
    """What one evaluation is asked beside its metrics: inputs changed, predictions replaced, modes seen."""

    def __init__(self, kind: str, models: list[torch.nn.Module], probe: dict[str, Any]):
        self._kind, self._models, self._corrupt = kind, models, probe.get("corrupt")
        self._predictions, self._modes = probe.get("predictions"), probe.get("modes", False)
        self._target: Any = None
        self._before: Any = None
        self._refused: str | None = None
        self._replaced = False
        #: An output was seen that no probability can be.
        self._logits = False
        self._training: list[str] | None = None
        self._noise = ForwardNoise()
        self._undo = ExitStack()

    @property
    def change(self) -> Callable[[Any], Any] | None:
        return self._change if self._corrupt is not None or self._predictions is not None else None

    def _change(self, batch: Any) -> Any:
        if self._corrupt is not None:
            batch, _ = corrupted(batch, self._corrupt)
        if self._target is not None and len(self._target):
            self._before = self._target[-1:]
        target = batches.target_of(batch)
        given = tensor_of(target)
        self._target = given if given is not None and given.ndim else None
        return batch

    def __enter__(self) -> Look:
        for model in self._models:
            if self._predictions is not None:
                self._undo.callback(model.register_forward_hook(self._replacing).remove)
            if self._modes:
                self._undo.callback(model.register_forward_pre_hook(self._noting).remove)
                if not is_compiled(model):
                    self._undo.callback(model.register_forward_pre_hook(self._noise.enter, with_kwargs=True).remove)
                    self._undo.callback(model.register_forward_hook(self._noise.leave, always_call=True).remove)
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def _noting(self, model: Any, _inputs: Any) -> None:
        seen = [name for name, part in model.named_modules() if part.training]
        self._training = sorted({*(self._training or []), *seen})

    def _replacing(self, _model: Any, _inputs: Any, output: Any) -> Any:
        self._logits = self._logits or isinstance(output, torch.Tensor) and bool(((output < 0) | (output > 1)).any())
        made, why = predicted(self._predictions or "", self._kind, output, self._target, self._before, self._logits)
        if made is None:
            self._refused = why
            return output
        self._replaced = True
        return made

    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self._predictions is not None:
            refused = self._refused or (None if self._replaced else "the evaluation did not call self.model")
            found["replaced"] = "yes" if refused is None else {"no": refused}
        if self._modes and self._training is not None:
            found["training"] = self._training
            found["noise"] = self._noise.report()
        return found


def predicted(how: str, kind: str, output: Any, target: Any, before: Any, logits: bool) -> tuple[torch.Tensor | None, str]:
    """An output of the same shape that says what `how` says, or why there is none. `logits`: what the model returns cannot be probabilities."""
    if not isinstance(output, torch.Tensor):
        return None, f"the model returns {type(output).__name__}, not a tensor"
    if target is None or len(target) != len(output):
        return None, "the model is not called once for each batch"
    target = target.to(output.device)
    if how == "shuffled":
        target = torch.cat([(target[-1:] if before is None else before.to(target.device)), target[:-1]])
    if how == "constant":
        target = torch.zeros_like(target)
    if kind == "regression":
        if target.shape != output.shape:
            return None, f"outputs {list(output.shape)} and targets {list(target.shape)} have different shapes"
        return target.to(output.dtype), ""
    if output.ndim == 1 or output.shape[1:].numel() == 1:
        return _one_score(output, target, logits)
    if output.ndim < 2 or target.shape != output.shape[:1] + output.shape[2:]:
        return None, f"outputs {list(output.shape)} are no scores of classes for targets {list(target.shape)}"
    if len(target) and int(target.max()) >= output.shape[1]:
        return None, f"outputs of {output.shape[1]} scores have none for class {int(target.max())}"
    made = torch.zeros_like(output)
    made.scatter_(1, target.long().clamp(min=0).unsqueeze(1), 20.0)
    if not logits and _probabilities(output):
        # A loss that takes their logarithm takes no scores.
        made = made.div(20).mul(1 - output.shape[1] * 1e-6).add(1e-6)
    return made, ""


def _one_score(output: torch.Tensor, target: torch.Tensor, logits: bool) -> tuple[torch.Tensor | None, str]:
    """One logit for two classes."""
    if target.numel() != output.numel() or (len(target) and float(target.max()) > 1):
        return None, f"outputs {list(output.shape)} are no scores of classes for targets {list(target.shape)}"
    if not logits:
        return None, "outputs between 0 and 1 may be logits or probabilities: what a prediction is cannot be told"
    return (2 * target.reshape(output.shape).to(output.dtype) - 1) * 20.0, ""


def _probabilities(output: torch.Tensor) -> bool:
    sums = output.detach().float().sum(1)
    return bool((output >= 0).all()) and bool(((sums - 1).abs() < 1e-3).all())


class _Calls:
    """Outputs of the model's calls inside."""

    def __init__(self, models: list[torch.nn.Module]):
        self._models, self._outputs = models, []

    def __enter__(self) -> _Calls:
        self._hooks = [model.register_forward_hook(lambda _m, _i, output: self._noting(output)) for model in self._models]
        return self

    def __exit__(self, *_: object) -> None:
        for hook in self._hooks:
            hook.remove()

    def _noting(self, output: Any) -> None:
        from gonogo.evaluation import first_of

        found = first_of(output)
        if found is not None and found.ndim:
            self._outputs.append(found.detach().to("cpu", torch.float64, copy=True))

    def outputs(self, count: int) -> torch.Tensor:
        rows = [len(one) for one in self._outputs]
        last = self._outputs[-1] if self._outputs else None
        if len(rows) == 1 and rows[0] != count and last is not None and last.ndim > 1 and last.shape[1] == count:
            return last.transpose(0, 1)  # time first, as recurrent nets and CTC have it
        if sum(rows) == count:
            return torch.cat(self._outputs)
        if self._outputs and rows[-1] >= count:
            return self._outputs[-1][:count]
        raise Fault("OUTPUTS_UNKNOWN", "the model's outputs are not one for each sample", seen=f"{rows} rows", expected=f"{count}")


def perturb(subject: Any, probe: dict[str, Any]) -> dict[str, Any]:
    """A Perturbation: one batch twice as it is, and once with an input perturbed, from one captured state."""
    if probe.get("shared", False):
        from gonogo import shared_targets

        return {"samples": 0, "changed": 0, "change": [], "noise": [], "scale": 0.0, "positions": None, "shared": shared_targets.look(subject)}
    if probe.get("calls", False):
        from gonogo import calls

        return {"samples": 0, "changed": 0, "change": [], "noise": [], "scale": 0.0, "positions": None, "calls": calls.look(subject, probe.get("samples", 8))}
    count, sample, position = probe.get("samples", 8), probe.get("sample", 0), probe.get("position")
    how = {"kind": "inputPerturbed", "sample": sample, "position": position, "seed": probe.get("seed", 0), "size": probe.get("size", 0.5)}
    training = probe.get("mode", "evaluation") == "training"
    name = "train" if training else probe.get("split", "val")
    kept = find(subject.experiment)
    slots = state.Slots()
    slots.capture("perturb", state.read(subject.experiment, kept, subject.mid_update()), kept)
    changed, length = 0, 0

    def passed(change: bool) -> torch.Tensor:
        nonlocal changed, length

        def note(batch: Any, size: int) -> Any:
            nonlocal changed, length
            given = batches.input_of(batch)
            second = batches.along_second(given, size)
            length = (len(given) if second else len(given[0])) if hasattr(given, "ndim") and given.ndim > 1 else 0
            if change:
                batch, changed = corrupted(batch, {**how, "second": second})
            return batch

        try:
            with _Calls(subject._scored()) as calls:
                if training:
                    drawn = subject.feed().frozen(count)
                    rows = batches.samples_in(drawn.batch, None if drawn.ids is None else len(drawn.ids))
                    _one_step(subject, replace(drawn, batch=note(drawn.batch, rows)))
                else:
                    rows = _one_evaluation(subject, name, count, note)
            return calls.outputs(rows)
        finally:
            slots.restore("perturb", subject.experiment, find(subject.experiment))

    def wanted() -> dict[str, float] | None:
        watch = Wanted(subject._scored())
        try:
            with watch:
                passed(False)
        except Exception:  # some kernels cannot be watched; the passes before have shown that the program runs
            return None
        return watch.report()

    plain, again = passed(False), passed(False)
    try:
        after = passed(True)
    except Fault:
        raise
    except Exception as error:  # no program need take what it was never given
        raise Fault("OUTPUTS_UNKNOWN", "the program takes its own inputs, and refuses a changed one", seen=f"{type(error).__name__}: {error}") from error
    asked = {"asked": wanted()} if probe.get("targets", False) else {}
    return {
        **asked,
        "samples": len(plain),
        "changed": changed,
        "change": _largest(plain, after),
        "noise": _largest(plain, again),
        "scale": float(plain.abs().max()),
        "positions": None if position is None else _along_time(plain[sample], after[sample], length),
    }


def _one_step(subject: Any, drawn: Drawn) -> None:
    found = find(subject.experiment)
    with subject.watch.probe(found, None, True, False, True, suppress=True):
        feed = subject.feed()
        subject._step(feed, drawn, found, {}, None, feed.steps_per_epoch())


def _one_evaluation(subject: Any, name: str, count: int, note: Callable[[Any, int], Any]) -> int:
    if name == "train" or name not in subject._splits:
        raise Fault("DATA_SPLITS", f"{name} is not evaluated", seen=name, expected=", ".join(subject._splits))
    split = subject._splits[name]
    if split.dataset() is not None and split._dataset is None and batches.comes_whole(split._own()):
        raise Fault("OUTPUTS_UNKNOWN", "a batch is no set of samples here", seen="batch_size=None", expected="batches that are put together from samples")
    known = split.fixed() is None
    loader, limit = split.loader(count if known else None, count)
    tap = batches.Tap(loader, limit)
    tap.change = lambda batch: note(batch, tap.size)
    with split.quiet():
        subject.managed.evaluate(tap) if subject.managed_evaluation else subject.experiment.evaluate(tap)
    return tap.samples


def _largest(left: torch.Tensor, right: torch.Tensor) -> list[float]:
    if left.shape != right.shape:
        raise Fault("OUTPUTS_UNKNOWN", "two passes gave outputs of different shapes", seen=f"{list(left.shape)}, {list(right.shape)}")
    difference = (left - right).abs().reshape(len(left), -1)
    return difference.amax(1).tolist() if difference.shape[1] else [0.0] * len(left)


def _along_time(left: torch.Tensor, right: torch.Tensor, length: int) -> list[float] | None:
    """Largest difference at each place of the axis that is as long as the input's first."""
    axes = [axis for axis, size in enumerate(left.shape) if size == length]
    if not axes or not length:
        return None
    axis = 0 if axes[0] == 0 else axes[-1]
    return (left - right).abs().movedim(axis, 0).reshape(length, -1).amax(1).tolist()
