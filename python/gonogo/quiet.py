"""Dropout, label smoothing and batch statistics of the project, switched off for some steps and put back.
Not here: which probes ask for it (observe.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import nn
from torch.nn import functional

from gonogo.errors import project_modules
from gonogo.found import Found

# Where the noise or smoothing stands in the arguments: (position, keyword, harmless value).
NOISY: dict[str, tuple[int, str, float]] = {
    "dropout": (1, "p", 0.0),
    "dropout1d": (1, "p", 0.0),
    "dropout2d": (1, "p", 0.0),
    "dropout3d": (1, "p", 0.0),
    "alpha_dropout": (1, "p", 0.0),
    "feature_alpha_dropout": (1, "p", 0.0),
    "scaled_dot_product_attention": (4, "dropout_p", 0.0),
    "cross_entropy": (7, "label_smoothing", 0.0),
}


@contextmanager
def without_noise(found: Found) -> Iterator[None]:
    """Dropout and label smoothing off, in modules and in the functions that the project calls."""
    with ExitStack() as undo:
        for module in found.modules.values():
            for part in module.modules():
                for key in noise_of(part):
                    undo.callback(setattr, part, key, getattr(part, key))
                    setattr(part, key, 0.0)
        originals = {name: getattr(functional, name) for name in NOISY if hasattr(functional, name)}
        quiet = {id(original): _quiet(original, *NOISY[name]) for name, original in originals.items()}
        # `from torch.nn.functional import dropout` leaves a second name in the project's own modules.
        holders = [functional] + [module for _, module in project_modules()]
        for holder in holders:
            for key, value in list(vars(holder).items()):
                if id(value) in quiet and value in originals.values():
                    undo.callback(setattr, holder, key, value)
                    setattr(holder, key, quiet[id(value)])
        yield


@contextmanager
def with_running_statistics() -> Iterator[None]:
    """Batch norm normalises with what it keeps, also in training mode: samples of a batch do not mix."""
    original = functional.batch_norm

    def batch_norm(given: Any, mean: Any, variance: Any, weight: Any = None, bias: Any = None, training: bool = False, *rest: Any, **named: Any) -> Any:
        return original(given, mean, variance, weight, bias, training and mean is None, *rest, **named)

    functional.batch_norm = batch_norm  # type: ignore[assignment]
    try:
        yield
    finally:
        functional.batch_norm = original


def noise_of(part: nn.Module) -> Iterator[str]:
    """Attributes that hold a probability of noise, or a smoothing."""
    if isinstance(part, nn.modules.dropout._DropoutNd):
        yield "p"
    for key in ("dropout", "dropout_p", "drop_prob", "label_smoothing"):
        value = getattr(part, key, None)
        if isinstance(value, float) and value > 0:
            yield key


def _quiet(original: Callable[..., Any], place: int, keyword: str, value: float) -> Callable[..., Any]:
    def quiet(*arguments: Any, **named: Any) -> Any:
        if len(arguments) > place:
            arguments = (*arguments[:place], value, *arguments[place + 1 :])
        else:
            named[keyword] = value
        return original(*arguments, **named)

    return quiet
