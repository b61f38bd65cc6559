"""One evaluation: which samples, at which batch size, and what each sample's output and target were.
Not here: metrics. The managed ones are in managed.py, the user's in their evaluate()."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset, SequentialSampler

from gonogo import batches, device, feed
from gonogo.corrupt import ordered
from gonogo.errors import Fault
from gonogo.padding import tensor_of
from gonogo.parallel import World, deals_by_rank
from gonogo.samplers import batch_size_of, sampler_of

#: Base64 of this, twice a third more, stays under a line of the protocol.
BUDGET = 40 * 1024 * 1024


class Split:
    """One of val and test: a data set that we go through in order, or the user's own loader."""

    def __init__(self, experiment: Any, name: str, dataset: Any, limit: int | None, world: World = World(), managed: bool = False):
        self._experiment, self.name, self._dataset, self._limit = experiment, name, dataset, limit
        self._indices = None if dataset is not None else feed.sequential(self._own())
        self._world = world
        #: The project's own sampler gives each rank a part.
        self._dealt = dataset is None and self._indices is not None and deals_by_rank(self._own(), world)
        if managed and self._dealt:
            # A managed evaluation deals out every sample once, where the sampler would pad.
            self._indices, self._dealt = range(len(self._own().dataset)), False
        #: We give each rank a part.
        self.shared = managed and world.size > 1 and (dataset is not None or self._indices is not None)

    @classmethod
    def of_training(cls, experiment: Any, dataset: Any, world: World) -> Split:
        """Training samples that are to be evaluated by their ids: as they are decoded and collated for training."""
        split = cls(experiment, "train", dataset, None, world)
        if dataset is None:
            split._indices, split._dealt = range(len(split._own().dataset)), False
        return split

    def _own(self) -> Any:
        return getattr(self._experiment, f"{self.name}_loader")

    def dataset(self) -> Any:
        return self._dataset if self._dataset is not None else getattr(self._own(), "dataset", None)

    def whole(self) -> int:
        """Samples without any limit; 0 where the loader does not tell."""
        if self._dataset is not None:
            return len(self._dataset)
        if self._indices is not None and not self._dealt:
            return len(self._indices)
        dataset = self.dataset()
        if batches.comes_whole(self._own()):
            return 0  # what the data set counts is batches
        return len(dataset) if hasattr(dataset, "__len__") and not isinstance(dataset, IterableDataset) else 0

    def samples(self) -> int:
        return self.whole() if self._limit is None else min(self.whole(), self._uncut(self._limit))

    def _uncut(self, bound: int) -> int:
        """As many samples in whole batches: one that is cut short is none that the project's own loader gives."""
        own = None if self._dataset is not None or self._indices is None or self._dealt or self.shared else self._own()
        size = (batch_size_of(own) or 1) if isinstance(own, DataLoader) else 1
        return bound if size >= bound else -(-bound // size) * size

    def batches(self) -> int:
        """Of one evaluation; 1 where the loader does not tell."""
        loader, _ = self.loader(None, None)
        try:
            return len(loader)
        except TypeError:
            return 1

    def fixed(self) -> str | None:
        """Null, or why the batch size cannot be changed."""
        known = self._dataset is not None or self._indices is not None
        return None if known else f"{self.name}_loader is no DataLoader over an indexed data set with a batch size"

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """A DataLoader that goes in order still draws a number for workers it may have; not from the run's generator."""
        own = None if self._dataset is not None else self._own()
        if not isinstance(own, DataLoader) or own.generator is not None or not isinstance(sampler_of(own), SequentialSampler):
            yield
            return
        own.generator = torch.Generator().manual_seed(0)
        try:
            yield
        finally:
            own.generator = None

    def loader(
        self, batch_size: int | None, limit: int | None, order: Any = "given", whole: bool = False, ids: list[int] | None = None
    ) -> tuple[Any, int | None]:
        """The loader to go through, and after how many samples to stop. `whole`: without the limit that a preflight set; `ids`: these
        places of the whole split alone."""
        if ids is not None:
            return self._chosen(batch_size, ids), None
        bounds = [bound for bound in (limit, None if whole else self._limit) if bound is not None]
        bound = min(bounds) if bounds else None
        if self._dataset is not None:
            count = self.whole() if bound is None else min(bound, self.whole())
            part = self._world.share(count) if self.shared else slice(0, count)
            size = batch_size or self._experiment.evaluate_batch_size
            chosen = None if order == "given" else ordered(list(range(count)), order)
            return batches.Slices(self._dataset, count, size, self._experiment.collate, part.start, part.stop, chosen), None
        own = self._own()
        if (self._indices is None or self._dealt) and order != "given":
            raise Fault("ORDER_UNKNOWN", f"the order of {self.name}_loader cannot be changed", seen=type(own).__name__, expected="a DataLoader over an indexed data set")
        if self.shared:
            assert isinstance(own, DataLoader) and self._indices is not None
            indices = ordered(self._indices[:bound], order)
            return feed.rebuilt(own, indices[self._world.share(len(indices))], batch_size or own.batch_size or 1), None
        if self._dealt and bound is not None and bound < self.whole():
            return feed.dealt(own, bound, batch_size or own.batch_size or 1), None
        if self._indices is None or (bound is None and batch_size is None and order == "given"):
            return own, bound
        assert isinstance(own, DataLoader)
        if bound is not None and batch_size is None:
            bound = self._uncut(bound)
        return feed.rebuilt(own, ordered(self._indices[:bound], order), batch_size or batch_size_of(own) or 1), None

    def _chosen(self, batch_size: int | None, ids: list[int]) -> Any:
        beyond = next((one for one in ids if not 0 <= one < self.whole()), None)
        if beyond is not None:
            raise Fault("SAMPLE_UNKNOWN", f"the {self.name} split has no such sample", seen=f"id {beyond}", expected=f"0 to {self.whole() - 1}")
        if self._dataset is not None:
            part = self._world.share(len(ids)) if self.shared else slice(0, len(ids))
            return batches.Slices(self._dataset, len(ids), batch_size or self._experiment.evaluate_batch_size, self._experiment.collate, part.start, part.stop, ids)
        own = self._own()
        if self._indices is None or self._dealt or not isinstance(own, DataLoader):
            raise Fault("ORDER_UNKNOWN", f"samples of {self.name}_loader cannot be chosen", seen=type(own).__name__, expected="a DataLoader over an indexed data set")
        indices = [self._indices[one] for one in ids]
        return feed.rebuilt(own, indices[self._world.share(len(indices))] if self.shared else indices, batch_size or batch_size_of(own) or 1)


def _is_single(value: Any) -> bool:
    return value.numel() == 1 if isinstance(value, torch.Tensor) else np.size(value) == 1


def metrics_of(result: Any, split: str) -> dict[str, float]:
    """Metrics that an evaluation returned, without the split's name."""
    if not isinstance(result, dict) or not result:
        raise Fault("EVALUATE_RESULT", "evaluate() must return a dict of metrics", seen=type(result).__name__, expected='{"val_loss": …}')
    found = {}
    for name, value in result.items():
        if not _is_single(value):
            raise Fault("EVALUATE_RESULT", f"metric {name} is no single number", seen=f"{np.shape(value)}")
        found[str(name).removeprefix(f"{split}_").removeprefix("val_")] = float(value)
    return found


class Outputs:
    """Collects each sample's output and target while an evaluation runs, within a budget of bytes."""

    def __init__(self) -> None:
        self._outputs: list[torch.Tensor] = []
        self._targets: list[torch.Tensor] = []
        self._calls: list[torch.Tensor] = []
        self._batch: Any = None
        #: Outputs, targets and axes of the pass before.
        self._before: tuple[list[torch.Tensor], list[torch.Tensor], list[bool]] | None = None
        #: Of each batch: its samples are along the second axis of the output, as recurrent nets and CTC have them.
        self._second: list[bool] = []
        self._size = 0
        self._arithmetic: str | None = None
        self._bytes = 0

    @contextmanager
    def of(self, models: list[torch.nn.Module]) -> Iterator[None]:
        """Listens to the model, and to its moving average where that is what is evaluated."""
        with ExitStack() as undo:
            for model in models:
                undo.callback(model.register_forward_hook(lambda _module, _inputs, output: self._called(output)).remove)
            yield
            self._finish()

    def again(self) -> None:
        """The evaluation goes through its loader once more. What the last pass with outputs says, counts."""
        self._finish()
        if self._outputs:
            self._before = (self._outputs, self._targets, self._second)
            self._outputs, self._targets, self._second, self._bytes = [], [], [], 0

    def passing(self, batch: Any, size: int) -> None:
        """A batch leaves the loader: what the model said since then belongs to the one before."""
        self._finish()
        self._batch, self._size = batch, size

    def _called(self, output: Any) -> None:
        if self._bytes <= BUDGET and self._batch is not None:
            found = first_of(output, self._size)
            if found is not None:
                self._calls.append(found.detach())
                self._arithmetic = device.coarser(self._arithmetic, device.seen_arithmetic(found))

    def _finish(self) -> None:
        batch, calls, self._batch, self._calls = self._batch, self._calls, None, []
        target = None if batch is None else batches.target_of(batch)
        target = None if isinstance(target, (list, tuple)) and any(isinstance(one, torch.Tensor) for one in target) else tensor_of(target)
        if not calls or target is None or target.ndim == 0:
            return  # boxes of each picture, or text: nothing that stands beside outputs row by row
        self._second.append(calls[-1].ndim > 1 and calls[-1].shape[1] == self._size != len(calls[-1]))
        rows = [len(call) if call.ndim else 0 for call in calls]
        # Parts of the batch one after another, or the whole of it again and again: then the last word counts.
        output = torch.cat(calls) if sum(rows) == self._size else calls[-1]
        if output.ndim == 0:
            return  # a loss that the model makes itself
        # Fewer rows were left out; more were padding.
        count = min(len(output), len(target))
        kind = torch.float32 if target.is_floating_point() else torch.int32
        self._outputs.append(output[:count].to("cpu", torch.float32, copy=True))
        self._targets.append(target[:count].to("cpu", kind, copy=True))
        self._bytes += 4 * (self._outputs[-1].numel() + self._targets[-1].numel())

    def json(self) -> dict[str, Any] | None:
        """Null where nothing was seen, or more than a line holds."""
        if not self._outputs and self._before is not None:
            self._outputs, self._targets, self._second = self._before
        shapes = {(tuple(one.shape[1:]), tuple(other.shape[1:]), other.dtype) for one, other in zip(self._outputs, self._targets)}
        if len(shapes) != 1 or self._bytes > BUDGET or any(self._second):
            return None
        outputs, targets = torch.cat(self._outputs), torch.cat(self._targets)
        return {
            "count": len(outputs),
            "outputs": {"shape": list(outputs.shape[1:]), "float32": _base64(outputs)},
            "arithmetic": self._arithmetic if self._arithmetic in device.ROUNDING else "float32",
            "targets": {"shape": list(targets.shape[1:]), "dtype": str(targets.dtype).removeprefix("torch."), "bytes": _base64(targets)},
        }


def first_of(output: Any, size: int | None = None) -> torch.Tensor | None:
    """Of what a model returns the logits, or the first tensor with a row for each sample: a loss may stand in front of it."""
    if isinstance(output, torch.Tensor):
        return output
    if isinstance(output, dict):
        return first_of(output["logits"] if "logits" in output else list(output.values()), size)
    if hasattr(output, "logits"):
        return first_of(output.logits, size)
    if not isinstance(output, (list, tuple)) or not output:
        return None
    rows = [one for one in output if isinstance(one, torch.Tensor) and one.ndim > 0 and size in (None, len(one))]
    return rows[0] if rows and isinstance(output[0], torch.Tensor) else first_of(output[0], size)


def _base64(tensor: torch.Tensor) -> str:
    return base64.b64encode(tensor.contiguous().numpy().tobytes()).decode("ascii")
