"""What self.log() has gathered in an epoch that is not over: Lightning keeps it in memory alone, and a schedule or a callback may wait for it.
Not here: the counters of its loops (lightning_loop.py)."""

from __future__ import annotations

from typing import Any

import torch

REDUCTIONS = ("mean", "sum", "min", "max")
FLAGS = ("fx", "name", "prog_bar", "logger", "on_step", "on_epoch", "enable_graph", "add_dataloader_idx", "metric_attribute")


class Unvalidated(dict[str, torch.Tensor]):
    """Logged metrics, where gonogo and not the Trainer decides when to validate: one that nobody has computed yet is NaN, not an error."""

    def __missing__(self, name: str) -> torch.Tensor:
        return torch.tensor(float("nan"))


def read(trainer: Any) -> dict[str, Any]:
    """Each metric of the training steps that is logged by epoch: how it was logged, and its sum so far. Tensors and plain values."""
    found = {}
    for key, result in trainer.fit_loop.epoch_loop._results.items():
        meta = result.meta
        reduction = getattr(meta.reduce_fx, "__name__", "")
        if not meta.on_epoch or result.has_reset or reduction not in REDUCTIONS:
            continue
        state = {"value": result.value, "count": getattr(result, "cumulated_batch_size", None)} if result.is_tensor else _states(result.value)
        found[key] = {"flags": {name: getattr(meta, name) for name in FLAGS}, "reduction": reduction, "sync": bool(meta.sync.should), "tensor": result.is_tensor, "state": state}
    return found


def write(trainer: Any, saved: dict[str, Any]) -> None:
    results = trainer.fit_loop.epoch_loop._results
    results.reset()
    for key, kept in saved.items():
        if key not in results and not _make(trainer, key, kept):
            continue
        result, state = results[key], kept["state"]
        if kept["tensor"]:
            result.value = state["value"].clone()
            if state["count"] is not None:
                result.cumulated_batch_size = torch.as_tensor(state["count"]).clone()
        else:
            _put(result.value, state)
        result.has_reset, result._computed = False, None


def _make(trainer: Any, key: str, kept: dict[str, Any]) -> bool:
    """An entry like the one that self.log() would make; False where its metric object is gone."""
    flags, module = dict(kept["flags"]), trainer.lightning_module
    value: Any = torch.tensor(0.0) if kept["tensor"] else _at(module, flags["metric_attribute"])
    if value is None:
        return False
    if kept["tensor"]:
        value = value.to(kept["state"]["value"].device)
    results = trainer.fit_loop.epoch_loop._results
    named = {**flags, "reduce_fx": getattr(torch, kept["reduction"]), "sync_dist": kept["sync"], "sync_dist_fn": trainer.strategy.reduce}
    results.log(named.pop("fx"), named.pop("name"), value, **named)
    return key in results


def _at(module: Any, path: str | None) -> Any:
    for name in (path or "").split("."):
        module = getattr(module, name, None)
    return module if path else None


def _states(metric: Any) -> dict[str, Any]:
    return {"updates": int(metric._update_count), **{name: getattr(metric, name) for name in metric._defaults}}


def _put(metric: Any, state: dict[str, Any]) -> None:
    for name, value in state.items():
        if name == "updates":
            metric._update_count, metric._computed = value, None
        elif name in metric._defaults:
            setattr(metric, name, [one.clone() for one in value] if isinstance(value, list) else value.clone())


def monitored(trainer: Any) -> dict[str, torch.Tensor]:
    """The metrics that a schedule waits for, as they were last logged."""
    names = {str(config.monitor) for config in trainer.lr_scheduler_configs if config.reduce_on_plateau}
    return {name: torch.as_tensor(trainer.callback_metrics[name]) for name in sorted(names) if name in trainer.callback_metrics}


def put_monitored(trainer: Any, saved: dict[str, torch.Tensor]) -> None:
    known = trainer.callback_metrics
    for name in monitored(trainer):
        del known[name]
    known.update({name: value.clone() for name, value in saved.items()})
