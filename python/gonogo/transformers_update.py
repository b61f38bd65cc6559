"""One optimizer update of a Hugging Face Trainer: the batches of its accumulation, by its own training_step, with its callbacks.
Not here: everything before and after (transformers.py). The order of calls is that of Trainer's loop in transformers 5."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch.utils.data import DataLoader

from gonogo.samplers import batch_size_of


def update(trainer: Any, samples: list[Any], progress: Any, loader: Any, regularised: bool) -> torch.Tensor:
    """Trains on `samples`, each a batch; returns their mean loss. A frozen step counts for nothing in the Trainer's state."""
    args, state, handler, model = trainer.args, trainer.state, trainer.callback_handler, trainer.model_wrapped
    samples, items = trainer.get_batch_samples(iter(samples), len(samples), args.device)
    trainer.current_gradient_accumulation_steps = len(samples)

    def called(event: str) -> None:
        if not progress.frozen:
            trainer.control = getattr(handler, event)(args, state, trainer.control)

    if progress.batch == 0:
        called("on_epoch_begin")
    called("on_step_begin")
    loss: Any = 0.0
    for index, inputs in enumerate(samples):
        last = index + 1 == len(samples)
        trainer.accelerator.gradient_state._set_sync_gradients(last)
        waiting = nullcontext if last else functools.partial(trainer.accelerator.no_sync, model=model)
        with waiting(), _smoothing(trainer, regularised):
            loss = loss + trainer.training_step(model, inputs, items)
        if not last:
            called("on_substep_end")
    if args.max_grad_norm is not None and args.max_grad_norm > 0:
        trainer._clip_grad_norm(model)
    called("on_pre_optimizer_step")
    trainer.optimizer.step()
    called("on_optimizer_step")
    if not trainer.accelerator.optimizer_step_was_skipped and not isinstance(trainer.lr_scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau):
        trainer.lr_scheduler.step()
    model.zero_grad()
    if not progress.frozen:
        state.global_step += 1
        state.epoch = progress.epoch + (progress.batch + 1) / max(len(loader), 1)
    called("on_step_end")
    trainer.control.should_training_stop = trainer.control.should_epoch_stop = False  # the run file says when a run ends
    return loss


@contextmanager
def _smoothing(trainer: Any, regularised: bool) -> Iterator[None]:
    smoother = trainer.label_smoother
    if smoother is None or regularised:
        yield
        return
    usual, smoother.epsilon = smoother.epsilon, 0.0
    try:
        yield
    finally:
        smoother.epsilon = usual


def grouped(loader: Any, count: int) -> Any:
    """A loader of one list of `count` batches an update, where an update takes more than one batch."""
    if count == 1 or not isinstance(loader, DataLoader) or loader.batch_sampler is None:
        return loader
    size = batch_size_of(loader) or 1
    workers = {"prefetch_factor": loader.prefetch_factor, "persistent_workers": loader.persistent_workers} if loader.num_workers > 0 else {}
    return DataLoader(
        loader.dataset, batch_sampler=Updates(loader.batch_sampler, count), collate_fn=Batches(loader.collate_fn, size), num_workers=loader.num_workers,
        worker_init_fn=loader.worker_init_fn, generator=loader.generator, multiprocessing_context=loader.multiprocessing_context, **workers,
    )  # fmt: skip


class Updates:
    """The indices of `count` batches at once; fewer at the end of an epoch."""

    def __init__(self, batch_sampler: Any, count: int):
        self._batches, self._count = batch_sampler, count
        self.sampler = getattr(batch_sampler, "sampler", None)
        self.batch_size = count * (getattr(batch_sampler, "batch_size", None) or 1)

    def __iter__(self) -> Iterator[list[int]]:
        waiting: list[int] = []
        for index, batch in enumerate(self._batches):
            waiting += batch
            if (index + 1) % self._count == 0:
                yield waiting
                waiting = []
        if waiting:
            yield waiting

    def __len__(self) -> int:
        return -(-len(self._batches) // self._count)


class Batches:
    """Samples of one update as a list of batches."""

    def __init__(self, collate: Callable[[list[Any]], Any], size: int):
        self._collate, self._size = collate, size

    def __call__(self, samples: list[Any]) -> list[Any]:
        return [self._collate(samples[start : start + self._size]) for start in range(0, len(samples), self._size)]
