"""What is done for an experiment that leaves it out: the loss of its task, the training step, the evaluation.
Not here: the checkpoint (checkpoint.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch.nn.functional import cross_entropy, mse_loss

from gonogo import batches, device, seeds
from gonogo.errors import Fault
from gonogo.experiment import defines
from gonogo.found import Found
from gonogo.parallel import Group
from gonogo.precision import Precision


class Managed:
    """The managed step and evaluation of one experiment."""

    def __init__(self, experiment: Any, precision: str, steps: bool):
        """`steps`: the training step is managed too, not the evaluation alone."""
        self._experiment = experiment
        self._task = experiment.task
        self._precision = Precision(precision, experiment.device, scaled=steps)
        self._away = experiment.device.type != "cpu"
        self._autocast = self._precision.autocast
        if self._precision.scaler is not None:
            # Where the state is found: it belongs into the checkpoint.
            experiment.grad_scaler = self._precision.scaler
        self.smoothing = self._task.smoothing
        #: Gets the terms of a step as tensors, before backward().
        self.on_terms: Callable[[dict[str, torch.Tensor]], Any] | None = None
        self.own_loss = defines(type(experiment), "loss")
        self.group: Group | None = None
        if self._task.kind == "custom" and not self.own_loss and not defines(type(experiment), "train_step"):
            epoch = {"try": "gonogo.adapt(model, optimizer, …, train_epoch=…): a class has no loop of an epoch"} if hasattr(experiment, "train_epoch") else {}
            raise Fault("EXPERIMENT_LOSS", "a custom task needs a loss of its own", expected="def loss(self, batch) or def train_step(self, batch)", **epoch)

    def step(self, batch: Any, found: Found, applied: Callable[[], bool], share: float | None = None) -> dict[str, torch.Tensor]:
        """One training step; returns the loss terms, still on the device. `applied`: an optimizer has stepped since the last call of step.

        `share`: this rank's part of the global batch; without a sample, there are no terms.
        """
        experiment, scaler, group = self._experiment, self._precision.scaler, self.group
        if not found.optimizers:
            raise Fault("EXPERIMENT_INCOMPLETE", "the managed step needs an optimizer", expected="def optimizers(self, model), or def train_step(self, batch)")
        if self._away:
            batch = device.moved(batch, experiment.device)
        accumulate = experiment.accumulate
        due = accumulate == 1 or (experiment.progress.step + 1) % accumulate == 0
        if group is not None:
            # Rank 0's statistics are the model's, as in DistributedDataParallel.
            group.broadcast(found.buffers.values())
        terms: dict[str, torch.Tensor] = {}
        if share != 0:
            if self._precision.whole:
                terms = self.terms(batch)
            else:
                with self._autocast():
                    terms = self.terms(batch)
            if self.on_terms is not None:
                self.on_terms(terms)
            loss, *rest = terms.values()
            for term in rest:
                loss = loss + term
            if group is not None and share is not None:
                # Summed over the ranks, these are the gradients of the mean over the global batch, however long each part is.
                loss = loss * share
            if accumulate > 1:
                loss = loss / accumulate
            (loss if scaler is None else scaler.scale(loss)).backward()
        if due:
            if group is not None:
                group.sum_gradients(found.parameters.values())
            self._update(found)
        # An update that the loss scale has skipped is no step of the schedule: rates belong to updates that were made.
        if experiment.schedule_every == "step" and (scaler is None or not due or applied()):
            for schedule in found.schedules.values():
                schedule.step()
        # The one term of the task's own loss is the usual case, and this is done at each step.
        return {"loss": terms["loss"].detach()} if terms and not self.own_loss else {name: term.detach() for name, term in terms.items()}

    def _update(self, found: Found) -> None:
        experiment, scaler, optimizers = self._experiment, self._precision.scaler, found.stepped()
        if experiment.clip_norm is not None:
            if scaler is not None:
                for optimizer in optimizers:
                    scaler.unscale_(optimizer)
            torch.nn.utils.clip_grad_norm_(found.parameters.values(), experiment.clip_norm)
        for optimizer in optimizers:
            optimizer.step() if scaler is None else scaler.step(optimizer)
        if scaler is not None:
            scaler.update()
        for optimizer in optimizers:
            optimizer.zero_grad()

    def terms(self, batch: Any) -> dict[str, torch.Tensor]:
        if self.own_loss:
            given = self._experiment.loss(batch)
            terms = given if isinstance(given, dict) else {"loss": given}
            for name, term in terms.items():
                _single(term, f"loss term {name}")
            return terms
        given, target = batch if type(batch) is tuple and len(batch) == 2 else (batches.input_of(batch), batches.target_of(batch))
        output = self._experiment.model(given)
        if self._task.kind == "classification":
            target = target if target.dtype is torch.int64 else target.long()
            return {"loss": cross_entropy(output, target, label_smoothing=self.smoothing)}
        _same_shape(output, target)
        return {"loss": mse_loss(output, target.to(output.dtype))}

    def evaluate(self, loader: Any, found: Found | None = None) -> dict[str, float]:
        """Metrics over every sample, summed in float64. Mode and generators are as before afterwards.

        `found`: the loader gives this rank's samples alone, and the sums go over all ranks.
        """
        with self.group.of_rank_0(found.buffers.values()) if self.group is not None and found is not None else nullcontext():
            return self._evaluate(loader, found)

    def _evaluate(self, loader: Any, found: Found | None) -> dict[str, float]:
        experiment = self._experiment
        modes = [(part, part.training) for part in experiment.model.modules()]
        sums: dict[str, Any] = {}
        count = 0
        with seeds.kept(), torch.no_grad():
            experiment.model.eval()
            try:
                for batch in loader:
                    size = batches.count(batch)
                    count += size
                    if self._away:
                        batch = device.moved(batch, experiment.device)
                    for name, value in self._measures(batch, size).items():
                        sums[name] = sums.get(name, 0.0) + value
            finally:
                for part, training in modes:
                    part.training = training
        if self.group is not None and found is not None:
            sums, count = self.group.total({name: float(value) for name, value in sums.items()}, count)
        # Read back once, at the end: on a GPU each reading waits for all that was asked of it.
        return {name: float(value) / count for name, value in sums.items()} if count else {}

    def _measures(self, batch: Any, size: int) -> dict[str, Any]:
        """Sums over the samples of one batch, float64."""
        measures: dict[str, Any] = {}
        with self._autocast():
            if self.own_loss:
                with self._listening() as outputs:
                    terms = self.terms(batch)
                measures = self._accuracy(outputs, batch, size)
                measures["loss"] = sum(term.double() for term in terms.values()) * size
                if len(terms) > 1:
                    measures.update({name: term.double() * size for name, term in terms.items()})
            else:
                output, target = self._experiment.model(batches.input_of(batch)), batches.target_of(batch)
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

    @contextmanager
    def _listening(self) -> Iterator[list[Any]]:
        """Outputs of the model's calls inside."""
        outputs: list[Any] = []
        hook = self._experiment.model.register_forward_hook(lambda _module, _inputs, output: outputs.append(output))
        try:
            yield outputs
        finally:
            hook.remove()

    def _answer(self, batch: Any) -> Any:
        try:
            return self._experiment.model(batches.input_of(batch))
        except (TypeError, ValueError, RuntimeError):  # its forward() takes something else than the input of a batch
            return None

    def _accuracy(self, outputs: list[Any], batch: Any, size: int) -> dict[str, Any]:
        """Beside a loss of one's own the task still has its metric, where the model gives scores for its classes."""
        target = batches.target_of(batch)
        if self._task.kind != "classification" or not isinstance(target, torch.Tensor):
            return {}
        # A loss that calls parts of the model, or the whole of it on several views, does not say what it answers to the input.
        output = outputs[0] if len(outputs) == 1 else self._answer(batch)
        scores = isinstance(output, torch.Tensor) and output.ndim >= 2 and output.shape[1] == self._task.classes
        if not scores or target.shape != output.shape[:1] + output.shape[2:]:
            return {}
        return {"accuracy": _sum((output.argmax(1) == target).double(), size)}


def _sum(values: torch.Tensor, size: int) -> torch.Tensor:
    """Σ over samples of the mean over whatever else there is."""
    return values.reshape(size, -1).mean(1).sum()


def _same_shape(output: torch.Tensor, target: torch.Tensor) -> None:
    if output.shape != target.shape:
        # (N, 1) against (N) would broadcast to (N, N), and train towards the mean.
        raise Fault("LOSS_SHAPES", "outputs and targets have different shapes", seen=f"{list(output.shape)} against {list(target.shape)}", expected="the same shape")


def scalar(value: Any, what: str) -> float:
    """A loss as a number."""
    _single(value, what)
    return float(value.detach() if isinstance(value, torch.Tensor) else value)


def _single(value: Any, what: str) -> None:
    """Refuses what is no number; reads none, since that waits for the device."""
    if isinstance(value, torch.Tensor):
        if value.numel() != 1:
            raise Fault("LOSS_NOT_SCALAR", f"{what} is no single number", seen=f"shape {list(value.shape)}", expected="a mean over the batch")
        return
    if isinstance(value, (int, float)):
        return
    raise Fault("LOSS_NOT_SCALAR", f"{what} is no number", seen=type(value).__name__, expected="a tensor, a float, or a dict of them")


def terms_of(result: Any) -> tuple[float, dict[str, float]]:
    """Loss and terms of what a train_step returned. The loss is the sum of its terms."""
    if isinstance(result, (tuple, list)) and result:
        result = result[0]
    if result is None:
        raise Fault(
            "LOSS_MISSING", "train_step returned nothing, and called no backward()", expected='return {"loss": loss}',
            **{"try": "a step that trains nothing yet, while a buffer fills, returns 0.0; or fill it before the first step"},
        )
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
