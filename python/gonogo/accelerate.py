"""A project's own Accelerator on trial: its precision, accumulation, prepared objects, save_state and load_state.
Not here: loops, and more than one process. A step is one batch, as the project's own loop takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from gonogo import beside
from gonogo.errors import Fault
from gonogo.found import find, unwrapped
from gonogo.script import Script
from gonogo.state import put_gradients, read_gradients

LOADERS = ("train_loader", "val_loader", "test_loader")


def prepared(accelerator: Any) -> type[Accelerated]:
    """The base of an experiment whose model, optimizer, loaders and schedule went through accelerator.prepare()."""
    if getattr(accelerator, "num_processes", 1) != 1:
        raise Fault("ACCELERATE_PROCESSES", "Accelerate is driven in one process", seen=f"{accelerator.num_processes} processes", expected="1")
    return type("Accelerated", (Accelerated,), {"accelerator": accelerator})


class Accelerated(Script):
    """Keeps the position beside save_state, and tells the accelerator where an epoch ends.

    The loader that Accelerate prepared reads one batch ahead, so a resume could not be exact where samples are drawn at random.
    What is read here is the loader inside of it, in the same order; its look ahead, which only tells the last batch, we know.
    """

    accelerator: Any

    def setup(self) -> None:
        super().setup()
        self._environment = {"accelerate": f"{self.accelerator.mixed_precision}, {self.accelerator.gradient_accumulation_steps} batches an update"}
        self._prepared = {name: getattr(self, name) for name in LOADERS if getattr(self, name, None) is not None}
        for name, loader in self._prepared.items():
            setattr(self, name, unwrapped(loader))
        if getattr(self.accelerator, "scaler", None) is not None:
            self.scaler = self.accelerator.scaler

    def extra_state(self) -> dict[str, Any]:
        return {**super().extra_state(), "accelerator.step": int(self.accelerator.step)}

    def load_extra_state(self, state: dict[str, Any]) -> None:
        super().load_extra_state(state)
        self.accelerator.step = state["accelerator.step"]

    @contextmanager
    def _in_epoch(self) -> Iterator[Callable[[Any], Any]]:
        """As if the prepared loader gave this batch: the accelerator asks it whether the epoch ends here. Gives what places a batch."""
        loader = self._prepared["train_loader"]
        if not hasattr(loader, "gradient_state"):
            yield lambda batch: batch
            return
        loader.begin()
        loader.end_of_dataloader = not self.progress.frozen and self.progress.batch + 1 >= len(loader)
        try:
            yield lambda batch: _placed(loader, batch)
        finally:
            loader.end()

    def accelerated_step(self, batch: Any) -> Any:
        """The step where the script has none: the task's loss, the accelerator's accumulation, scaling and clipping."""
        from gonogo.managed import Managed

        if not hasattr(self, "_own"):
            self._own = Managed(self, "float32", False)
        self._own.smoothing = self.task.smoothing if getattr(self, "_regularised", True) else 0.0
        accelerator = self.accelerator
        with self._in_epoch() as placed, accelerator.accumulate(self.model):
            terms = self._own.terms(placed(batch))
            loss, *rest = terms.values()
            for term in rest:
                loss = loss + term
            accelerator.backward(loss)
            if accelerator.sync_gradients and self.clip_norm is not None:
                accelerator.clip_grad_norm_(list(find(self).parameters.values()), self.clip_norm)
            self.optimizer.step()
            if "schedule" in self.held and self.schedule_every == "step":
                self.schedule.step()
            self.optimizer.zero_grad()
        return {"loss": loss.detach(), **({} if len(terms) == 1 else {name: term.detach() for name, term in terms.items()})}

    def _step(self, batch: Any) -> Any:
        with self._in_epoch() as placed:
            return super()._step(placed(batch))

    def _step_of_epoch(self, batch: Any) -> Any:
        with self._in_epoch() as placed:
            return super()._step_of_epoch(placed(batch))

    def _evaluate(self, loader: Any) -> Any:
        return super()._evaluate(Placed(loader, self._prepared["val_loader"]))

    def _keep(self, path: str) -> None:
        waits = not self.accelerator.sync_gradients
        beside.keep(path, self.progress, read_gradients(find(self)) if waits else None)

    def _restore(self, path: str) -> None:
        found, waiting = find(self), beside.restore(path, self.progress)
        put_gradients(found, {name: one.to(found.parameters[name].device) for name, one in waiting.items() if name in found.parameters})

    def save(self, path: str) -> None:
        self.accelerator.save_state(path)
        self._keep(path)

    def load(self, path: str) -> None:
        self.accelerator.load_state(path)
        self._restore(path)

    def _save(self, path: str) -> None:
        self.functions["save"](path)
        self._keep(path)

    def _load(self, path: str) -> None:
        self.functions["load"](path)
        self._restore(path)

    METHODS: Mapping[str, Callable[..., Any]] = {
        **Script.METHODS,
        "train_step": _step,
        "train_epoch": _step_of_epoch,
        "evaluate": _evaluate,
        "save": _save,
        "load": _load,
    }


class Placed:
    """A loader as it was, with each batch where the prepared one would put it."""

    def __init__(self, loader: Any, prepared: Any):
        self._loader, self._prepared = loader, prepared

    def __iter__(self) -> Iterator[Any]:
        return (_placed(self._prepared, batch) for batch in self._loader)

    def __len__(self) -> int:
        return len(self._loader)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


def _placed(loader: Any, batch: Any) -> Any:
    if getattr(loader, "device", None) is None:
        return batch
    from accelerate.utils import send_to_device

    return send_to_device(batch, loader.device, non_blocking=getattr(loader, "_non_blocking", False))
