"""What is done for an experiment that leaves it out: the loss of its task, the training step, the evaluation.
Not here: the checkpoint (checkpoint.py)."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import torch
from torch.nn.functional import cross_entropy, mse_loss

from gonogo import batches, seeds
from gonogo.errors import Fault
from gonogo.experiment import defines
from gonogo.found import Found


class Managed:
    """The managed step and evaluation of one experiment."""

    def __init__(self, experiment: Any, precision: str):
        self._experiment = experiment
        self._task = experiment.task
        self._precision = precision
        self.smoothing = self._task.smoothing
        self.own_loss = defines(type(experiment), "loss")
        if self._task.kind == "custom" and not self.own_loss and not defines(type(experiment), "train_step"):
            raise Fault("EXPERIMENT_LOSS", "a custom task needs a loss of its own", expected="def loss(self, batch) or def train_step(self, batch)")

    def step(self, batch: Any, found: Found) -> dict[str, float]:
        """One training step; returns the loss terms."""
        experiment = self._experiment
        if not found.optimizers:
            raise Fault("EXPERIMENT_INCOMPLETE", "the managed step needs an optimizer", expected="def optimizers(self, model), or def train_step(self, batch)")
        due = (experiment.progress.step + 1) % experiment.accumulate == 0
        with self._autocast():
            terms = self._terms(batch)
        loss, *rest = terms.values()
        for term in rest:
            loss = loss + term
        (loss / experiment.accumulate if experiment.accumulate > 1 else loss).backward()
        if due:
            if experiment.clip_norm is not None:
                torch.nn.utils.clip_grad_norm_(found.parameters.values(), experiment.clip_norm)
            for optimizer in found.optimizers.values():
                optimizer.step()
            for optimizer in found.optimizers.values():
                optimizer.zero_grad()
        for schedule in found.schedules.values():
            schedule.step()
        return {name: float(term.detach()) for name, term in terms.items()}

    def _autocast(self) -> Any:
        if self._precision == "float32":
            return nullcontext()
        return torch.autocast(self._experiment.device.type, dtype=torch.bfloat16)

    def _terms(self, batch: Any) -> dict[str, torch.Tensor]:
        if self.own_loss:
            given = self._experiment.loss(batch)
            terms = given if isinstance(given, dict) else {"loss": given}
            for name, term in terms.items():
                scalar(term, f"loss term {name}")
            return terms
        target = batches.target_of(batch)
        output = self._forward(batch)
        if self._task.kind == "classification":
            return {"loss": cross_entropy(output, target.long(), label_smoothing=self.smoothing)}
        _same_shape(output, target)
        return {"loss": mse_loss(output, target.to(output.dtype))}

    def _forward(self, batch: Any) -> torch.Tensor:
        return self._experiment.model(batches.input_of(batch))

    def evaluate(self, loader: Any) -> dict[str, float]:
        """Metrics over every sample, summed in float64. Mode and generators are as before afterwards."""
        experiment = self._experiment
        modes = [(part, part.training) for part in experiment.model.modules()]
        sums: dict[str, float] = {}
        count = 0
        with seeds.kept(), torch.no_grad():
            experiment.model.eval()
            try:
                for batch in loader:
                    size = batches.count(batch)
                    count += size
                    for name, value in self._measures(batch, size).items():
                        sums[name] = sums.get(name, 0.0) + value
            finally:
                for part, training in modes:
                    part.training = training
        return {name: value / count for name, value in sums.items()} if count else {}

    def _measures(self, batch: Any, size: int) -> dict[str, float]:
        """Sums over the samples of one batch."""
        measures: dict[str, float] = {}
        with self._autocast():
            if self.own_loss:
                terms = self._terms(batch)
                measures["loss"] = float(sum(term.double() for term in terms.values())) * size
                if len(terms) > 1:
                    measures.update({name: float(term.double()) * size for name, term in terms.items()})
            else:
                output, target = self._forward(batch), batches.target_of(batch)
                if self._task.kind == "classification":
                    losses = cross_entropy(output.double(), target.long(), reduction="none")
                    right = (output.argmax(1) == target).double()
                    measures = {"loss": _sum(losses, size), "accuracy": _sum(right, size)}
                else:
                    _same_shape(output, target)
                    measures = {"loss": _sum(mse_loss(output.double(), target.double(), reduction="none"), size)}
            for name, values in self._experiment.metrics(batch).items():
                values = torch.as_tensor(values)
                if values.ndim == 0 or len(values) != size:
                    raise Fault("METRIC_NOT_PER_SAMPLE", f"metrics() must return one {name} a sample", seen=f"shape {list(values.shape)}", expected=f"[{size}]")
                measures[name] = _sum(values.double(), size)
        return measures


def _sum(values: torch.Tensor, size: int) -> float:
    """Σ over samples of the mean over whatever else there is."""
    return float(values.reshape(size, -1).mean(1).sum())


def _same_shape(output: torch.Tensor, target: torch.Tensor) -> None:
    if output.shape != target.shape:
        # (N, 1) against (N) would broadcast to (N, N), and train towards the mean.
        raise Fault("LOSS_SHAPES", "outputs and targets have different shapes", seen=f"{list(output.shape)} against {list(target.shape)}", expected="the same shape")


def scalar(value: Any, what: str) -> float:
    """A loss as a number."""
    if isinstance(value, torch.Tensor):
        if value.numel() != 1:
            raise Fault("LOSS_NOT_SCALAR", f"{what} is no single number", seen=f"shape {list(value.shape)}", expected="a mean over the batch")
        return float(value.detach())
    if isinstance(value, (int, float)):
        return float(value)
    raise Fault("LOSS_NOT_SCALAR", f"{what} is no number", seen=type(value).__name__, expected="a tensor, a float, or a dict of them")


def terms_of(result: Any) -> tuple[float, dict[str, float]]:
    """Loss and terms of what a train_step returned. The loss is the sum of its terms."""
    if isinstance(result, (tuple, list)) and result:
        result = result[0]
    if result is None:
        raise Fault("LOSS_MISSING", "train_step returned nothing", expected='return {"loss": loss}')
    if not isinstance(result, dict):
        loss = scalar(result, "the result of train_step")
        return loss, {"loss": loss}
    if "loss" not in result:
        numbers = {str(name): scalar(value, str(name)) for name, value in result.items()}
        if not numbers:
            raise Fault("LOSS_MISSING", "train_step returned an empty dict", expected='{"loss": loss}')
        return sum(numbers.values()), numbers
    loss = scalar(result["loss"], "loss")
    # What else is in there may be the terms of the loss, or anything: only terms add up to it.
    rest = {str(name): value for name, value in result.items() if name != "loss"}
    single = all(isinstance(value, (int, float)) or (isinstance(value, torch.Tensor) and value.numel() == 1) for value in rest.values())
    numbers = {name: float(value) for name, value in rest.items()} if single else {}
    adds_up = bool(numbers) and abs(sum(numbers.values()) - loss) <= 1e-5 * max(1.0, abs(loss))
    return loss, numbers if adds_up else {"loss": loss}
