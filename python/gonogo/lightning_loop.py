"""Lightning's own fit loop, held after each batch: where it validates, and where it would save.
Not here: how the Trainer is made (lightning_trainer.py), and what gonogo asks of it (lightning.py)."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import torch

from gonogo import batches, feed, lightning_logged
from gonogo.driven import Driven
from gonogo.errors import Fault
from gonogo.lightning_trainer import Endless, Longer, without_replaced

#: What is reached into beyond Lightning's documented names. Each was looked at in 2.6.6 and has stood since 2.2.
REACHED = (
    "fit_loop.state_dict", "fit_loop.load_state_dict", "fit_loop.max_batches", "fit_loop.epoch_loop.advance", "fit_loop.epoch_loop.on_advance_end",
    "fit_loop.epoch_loop.batch_progress", "fit_loop.epoch_loop.val_loop.run", "fit_loop._should_accumulate", "fit_loop._data_fetcher", "fit_loop.epoch_loop._results",
    "fit_loop.epoch_loop.val_loop._combined_loader", "fit_loop.epoch_loop.val_loop._has_run", "_logger_connector._first_loop_iter", "_logger_connector._callback_metrics",
)  # fmt: skip


class FitLoop:
    """One `trainer.fit(module)`, batch by batch. `begin` makes the loaders; afterwards `train_loader` and `val_loaders` are the project's own."""

    def __init__(self, trainer: Any, module: Any, data: Any, asked: Any, package: str):
        self.trainer, self.module, self.data = trainer, module, data
        self.train_loader: Any = None
        self.val_loaders: list[Any] = []
        self.length: int | None = None
        #: "start" until a batch of this run, or of the one that it goes on with, was trained on.
        self.position = "start"
        #: No optimizer stepped in the last batch: its gradients wait for another.
        self.waiting = False
        self._asked, self._package = asked, package
        self._evaluated: Any = None
        self._noted: dict[str, torch.Tensor] = {}
        self._returned: tuple[float, int] = (0.0, 0)
        self._at_rest = False
        for path in REACHED:
            _look_up(trainer, path)

    def begin(self, checkpoint: str | None = None) -> None:
        """Runs fit() until it would take its first batch: setup, restored states and the first epoch's hooks are behind it."""
        self._take_over_data()
        self._announce()
        self._watch_steps()
        self._hold_after_batches()
        loaders = {} if _is_module(self.data) else {"train_dataloaders": None}
        datamodule = {"datamodule": self.data} if _is_module(self.data) else loaders
        path = {} if checkpoint is None else {"ckpt_path": checkpoint}
        self.driven = Driven(
            lambda _: self.trainer.fit(self.module, **datamodule, **path), length=lambda: self.length or 0, name="Lightning fit loop", at_loader=False
        )
        self.driven.start()
        if self.driven.ended:
            raise Fault("LOOP_ENDED", "trainer.fit() ended before its first batch", seen=f"{self.length} batches", expected="at least one")
        for optimizer in self.trainer.optimizers:
            optimizer.register_step_post_hook(self._stepped)
        for config in self.trainer.lr_scheduler_configs:
            # gonogo evaluates when the run file says so: a schedule that waits for the result then waits, and is no error.
            config.strict = False
        connector = self.trainer._logger_connector
        connector._callback_metrics = lightning_logged.Unvalidated(connector._callback_metrics)

    # The project's data

    def _take_over_data(self) -> None:
        """fit() asks for its loaders as ever, after prepare_data and setup; it is given ours in their place."""
        makers = [self._maker(name) for name in ("train_dataloader", "val_dataloader")]
        holder = self.data if _is_module(self.data) else self.module

        def train_dataloader() -> Any:
            if self.train_loader is None:
                made = makers[0]()
                self.train_loader = made if hasattr(made, "dataset") else _single(made, self._package)
                self.length = self._count()
                self.driven.loader._like = self.train_loader
                self._bound()
                given = makers[1]()
                self.val_loaders = list(given) if isinstance(given, (list, tuple)) else [given]
            return self.driven.loader

        def val_dataloader() -> Any:
            return self._evaluated if len(self.val_loaders) == 1 else [self._evaluated, *self.val_loaders[1:]]

        holder.train_dataloader, holder.val_dataloader = train_dataloader, val_dataloader
        callbacks = self.module.configure_callbacks
        self.module.configure_callbacks = functools.wraps(callbacks)(lambda: without_replaced(self._package, callbacks()))

    def _maker(self, name: str) -> Callable[[], Any]:
        if self.data is not None and not _is_module(self.data):
            index = ("train_dataloader", "val_dataloader").index(name)
            return lambda: self.data[index]
        for holder in (self.data, self.module):
            if holder is not None and getattr(type(holder), name) is not _base(holder, name):
                return getattr(holder, name)
        wanted = f"def {name}(self) in the LightningModule or the LightningDataModule"
        raise Fault("LIGHTNING_LOADERS", f"the project has no {name}", seen=type(self.module).__name__, expected=wanted)

    def _count(self) -> int:
        limit = self._asked["limit"]["trainBatches"]
        try:
            whole = len(self.train_loader)
        except TypeError:
            if limit is None:
                raise Fault(
                    "LOADER_WITHOUT_LENGTH", "train_dataloader() has no len(), so the length of an epoch is unknown", seen=type(getattr(self.train_loader, "dataset", None)).__name__,
                    expected="batches of an epoch", **{"try": "def __len__(self) in the data set: how many samples one pass gives"},
                ) from None
            return limit
        return whole if limit is None else min(whole, limit)

    def _announce(self) -> None:
        """What is known of the length before there are loaders: a restored epoch is held against it, and configure_optimizers() may read it."""
        fit, length = self.trainer.fit_loop, self._asked["length"]
        fit.max_epochs = Endless(length.get("epochs", -1))
        if "steps" in length:
            fit.epoch_loop.max_steps = Endless(length["steps"])

    def _bound(self) -> None:
        """How long the run is, for schedules that ask; the loop itself never ends."""
        fit, length = self.trainer.fit_loop, max(self.length or 1, 1)
        if "epochs" in self._asked["length"]:
            fit.max_epochs = Endless(self._asked["length"]["epochs"])
            return
        whole, rest = divmod(self._asked["length"]["steps"], length)
        accumulate = self.trainer.accumulate_grad_batches
        fit.max_epochs = Endless(whole + (rest > 0))
        fit.epoch_loop.max_steps = Endless(whole * math.ceil(length / accumulate) + rest // accumulate)

    # What a step gives

    def _watch_steps(self) -> None:
        module = self.module
        train, validate, backward = module.training_step, module.validation_step, module.manual_backward

        @functools.wraps(train)
        def training_step(*arguments: Any, **named: Any) -> Any:
            output = train(*arguments, **named)
            if "loss" not in self._noted:
                self._noted = {**self._noted, **_scalars(output)}
            return output

        @functools.wraps(validate)
        def validation_step(*arguments: Any, **named: Any) -> Any:
            output = validate(*arguments, **named)
            value = next(iter(_scalars(output).values()), None)
            if value is not None:
                size = batches.count(arguments[0] if arguments else named["batch"])
                self._returned = (self._returned[0] + float(value) * size, self._returned[1] + size)
            return output

        @functools.wraps(backward)
        def manual_backward(loss: torch.Tensor, *arguments: Any, **named: Any) -> None:
            self._noted[f"backward{sum(key.startswith('backward') for key in self._noted)}"] = loss.detach().clone()
            backward(loss, *arguments, **named)

        module.training_step, module.validation_step, module.manual_backward = training_step, validation_step, manual_backward

    def _stepped(self, *_: Any) -> None:
        self.waiting = False

    def step(self, batch: Any, progress: Any) -> Any:
        """Trains on one batch. Returns its loss: what training_step returned, or what went backward in manual optimization."""
        self._place(progress)
        self._noted, self.position, self.waiting = {}, "step", True
        try:
            self.driven.step(batch)
        except Exception as error:
            if self.driven.ended:
                error.gonogo_spent = True  # type: ignore[attr-defined]  # fit() has been left, and begins no second time here
            raise
        noted, self._noted = self._noted, {}
        if self.driven.ended:
            raise Fault("LOOP_ENDED", "trainer.fit() has ended by itself", seen="trainer.should_stop" if self.trainer.should_stop else None, expected="a run that ends where the run file says")
        rest = {name: value for name, value in noted.items() if not name.startswith("backward")}
        if not noted:
            raise Fault("LOSS_MISSING", "training_step returned no loss", expected="the loss, or a dict with a loss")
        return rest if rest else {f"loss{name.removeprefix('backward')}" if len(noted) > 1 else "loss": value for name, value in noted.items()}

    def step_schedules(self) -> None:
        """Those that Lightning steps at the end of each epoch, but for one that waits for a metric."""
        self.trainer.fit_loop.epoch_loop.update_lr_schedulers("epoch", update_plateau_schedulers=False)

    # Where the loop is held

    def _hold_after_batches(self) -> None:
        epochs = self.trainer.fit_loop.epoch_loop
        advance, end = epochs.advance, epochs.on_advance_end
        begun = False

        def held_advance(fetcher: Any) -> None:
            if begun:
                advance(fetcher)

        def held_end(fetcher: Any) -> None:
            nonlocal begun
            if not begun:
                # Lightning's own rules for going on have been applied. From here on the counters say where we are.
                begun = True
                self._rest()
            self.driven.hold()
            if self.position != "start":
                end(fetcher)

        epochs.advance, epochs.on_advance_end = held_advance, held_end

    def _rest(self) -> None:
        """No loop restarts any more: the end of a resumed epoch is like any other's."""
        loops = [self.trainer.fit_loop]
        while loops:
            loop = loops.pop()
            loop._restarting = False
            for flag in ("_loaded_from_state_dict", "_resuming_from_checkpoint"):
                if hasattr(loop, flag):
                    setattr(loop, flag, False)
            loops += [one for one in vars(loop).values() if hasattr(one, "_restarting")]

    def _place(self, progress: Any) -> None:
        """The counters of the epoch are where gonogo's are. The steps of a frozen probe belong to no epoch, so none ends."""
        fit, fetcher = self.trainer.fit_loop, self.trainer.fit_loop._data_fetcher
        counted = fit.epoch_loop.batch_progress
        if progress.frozen:
            fit.max_batches, fetcher.length, fetcher.done, counted.is_last_batch = Longer(self.length or 0), None, False, False
            return
        length = self.length or 0
        ending = progress.batch == 0 and self.trainer.current_epoch == progress.epoch - 1
        here = length if ending else progress.batch
        fit.max_batches, fetcher.length, fetcher.fetched, fetcher.done = length, length, here, here >= length
        counted.is_last_batch = here >= length
        for key in ("ready", "started", "processed", "completed"):
            setattr(counted.current, key, here)

    def counters(self) -> dict[str, Any]:
        """Where Lightning stands, as its own checkpoint has it; validation counts for itself."""
        kept = {key: value for key, value in self.trainer.fit_loop.state_dict().items() if ".val_loop." not in key}
        first = self.trainer._logger_connector._first_loop_iter
        return {"loops": kept, "position": self.position, "first": first, "logged": lightning_logged.read(self.trainer), "monitored": lightning_logged.monitored(self.trainer)}

    def load_counters(self, state: dict[str, Any]) -> None:
        self.trainer.fit_loop.load_state_dict(state["loops"])
        self._rest()
        self.position, self.trainer._logger_connector._first_loop_iter = state["position"], state["first"]
        lightning_logged.write(self.trainer, state["logged"])
        lightning_logged.put_monitored(self.trainer, state["monitored"])

    # Evaluation and checkpoints, inside the loop's thread

    def evaluate(self, loader: Any) -> dict[str, float]:
        """Lightning's validation loop on `loader`, as fit() runs it after a batch. Returns what was logged in it."""
        return self.driven.call(lambda: self._validate(loader))

    def _validate(self, loader: Any) -> dict[str, float]:
        trainer, connector = self.trainer, self.trainer._logger_connector
        fit = trainer.fit_loop
        loop = fit.epoch_loop.val_loop
        before, first = dict(trainer.callback_metrics), connector._first_loop_iter
        self._evaluated, self._returned = _sized(loader), (0.0, 0)
        loop._combined_loader = None  # so that it asks for its loader again
        trainer.limit_val_batches, trainer.validating = 1.0, True
        try:
            if not fit._should_accumulate() and hasattr(self.module, "on_validation_model_zero_grad"):
                self.module.on_validation_model_zero_grad()
            loop.run()
            after = dict(trainer.callback_metrics)
        finally:
            trainer.training, trainer.limit_val_batches = True, 0
            connector._first_loop_iter = first
            self._evaluated = None
        found = {name: float(value) for name, value in after.items() if value is not before.get(name)}
        total, count = self._returned
        return found or ({"val_loss": total / count} if count else {})

    def save(self, path: str) -> None:
        self.driven.call(lambda: self.trainer.save_checkpoint(path))

    def stop(self) -> None:
        """Ends fit() where it is held. The project's on_exception is not for this."""
        self.trainer.callbacks = []
        self.driven.stop()

    def gradients(self) -> list[torch.Tensor | None] | None:
        """Those of the optimizers' parameters, in order, where they wait for the next batch: Lightning does not save them."""
        return [None if one.grad is None else one.grad.detach().clone() for one in self._held()] if self.waiting else None

    def load_gradients(self, gradients: list[torch.Tensor | None] | None) -> None:
        self.waiting = gradients is not None
        for parameter, gradient in zip(self._held(), gradients or []):
            parameter.grad = None if gradient is None else gradient.to(parameter.device, parameter.dtype)

    def _held(self) -> list[torch.Tensor]:
        return [one for optimizer in self.trainer.optimizers for group in optimizer.param_groups for one in group["params"]]


def _look_up(trainer: Any, path: str) -> None:
    found = trainer
    for name in path.split("."):
        if not hasattr(found, name):
            raise Fault("LIGHTNING_UNKNOWN", "this version of Lightning keeps its loop in another way", seen=f"no trainer.{path}", expected="Lightning 2.2 to 2.6")
        found = getattr(found, name)


def _is_module(data: Any) -> bool:
    return hasattr(data, "train_dataloader")


def _base(holder: Any, name: str) -> Any:
    """What LightningModule or LightningDataModule say of `name` themselves."""
    for kind in type(holder).__mro__:
        if kind.__name__ in ("LightningModule", "LightningDataModule"):
            return getattr(kind, name, None)
    return None


def _scalars(output: Any) -> dict[str, torch.Tensor]:
    """What a step returned: its loss, and what else in there is a single number."""
    if isinstance(output, torch.Tensor):
        return {"loss": output.detach().clone()}
    if isinstance(output, dict):
        return {str(name): value.detach().clone() for name, value in output.items() if isinstance(value, torch.Tensor) and value.numel() == 1}
    return {}


def _sized(loader: Any) -> Any:
    """Without a length Lightning fetches one batch ahead, and outputs could not be told apart by their batch."""
    try:
        len(loader)
    except TypeError:
        return list(loader)
    return loader


class _single:
    """Several training loaders at once, as Lightning combines them."""

    def __init__(self, loaders: Any, package: str):
        import importlib

        combined = importlib.import_module(f"{package}.utilities.combined_loader").CombinedLoader
        self._loader = loaders if isinstance(loaders, combined) else combined(loaders, "max_size_cycle")
        self.generators = [one for loader in self._loader.flattened for one in feed.generators_of(loader)]
        iter(self._loader)

    def __iter__(self) -> Any:
        return (batch for batch, *_ in self._loader)

    def __len__(self) -> int:
        return len(self._loader)
