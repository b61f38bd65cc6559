"""What each loss of torch.nn.functional is given during a step, where its own documentation asks for something else.
Not here: a loss that is written by hand, and what follows from a fault (the check I4 judges it)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from gonogo.before_loss import bounded, log_softmax_axis, squashed
from gonogo.errors import is_project_file, project_modules, shown
from gonogo.loss_targets import masked_target, out_of_reach, self_similarity

#: Beyond rounding in half precision: what a log probability may be above 0, and a sum of probabilities away from 1.
SLACK = 2e-2
#: No more elements than this are looked at.
LARGEST = 4_000_000

Found = dict[str, Any]


def sums_to_one(values: torch.Tensor, dim: int) -> bool:
    return bool((values.sum(dim) - 1).abs().max() <= SLACK)


def log_probabilities(given: torch.Tensor, dim: int) -> Found | None:
    """Of `given`, which should hold log probabilities along `dim`."""
    values = given.detach().double()
    if values.numel() == 0 or not bool(torch.isfinite(values).all()) or values.shape[dim] < 2:
        return None
    whole = values.exp()
    if sums_to_one(whole, dim):
        return None
    other = next((axis for axis in range(values.ndim) if axis != dim % values.ndim and values.shape[axis] > 1 and sums_to_one(whole, axis)), None)
    if other is not None:
        return {"fault": "other-axis", "axis": other, "wanted": dim % values.ndim}
    if float(values.min()) >= 0 and any(sums_to_one(values, axis) for axis in range(values.ndim)):
        return {"fault": "probabilities"}
    return {"fault": "no-log-probabilities", "largest": float(values.max())} if float(values.max()) > SLACK else None


def kl_div(given: Any, target: Any, *_: Any, log_target: bool = False, **__: Any) -> Found | None:
    # a divergence of whole maps is normalised over several axes at once
    if given.ndim > 2 and bool((given.detach().double().flatten(1).exp().sum(1) - 1).abs().max() <= SLACK):
        return None
    found = log_probabilities(given, -1 if given.ndim == 1 else 1 if given.ndim > 2 and not _along(target, log_target, -1) else -1)
    return None if found is not None and found["fault"] == "other-axis" and _along(target, log_target, found["axis"]) else found


def _along(target: torch.Tensor, log_target: bool, dim: int) -> bool:
    values = target.detach().double()
    return sums_to_one(values.exp() if log_target else values, dim)


def nll_loss(given: Any, target: Any, *_: Any, **__: Any) -> Found | None:
    wanted = 1 if given.ndim > 1 else 0
    found = log_probabilities(given, wanted)
    if found is not None:
        return found
    # rows that were picked since sum to 1 along no axis; the graph knows which it was
    axis = log_softmax_axis(given)
    whole = axis is None or axis == wanted or given.shape[wanted] < 2 or sums_to_one(given.detach().double().exp(), wanted)
    return None if whole else {"fault": "other-axis", "axis": axis, "wanted": wanted}


def ctc_loss(given: Any, *_: Any, **__: Any) -> Found | None:
    return log_probabilities(given, -1)


def cross_entropy(given: Any, target: Any, *_: Any, ignore_index: int = -100, reduction: str = "mean", **__: Any) -> Found | None:
    if given.ndim > 1 and given.shape[1] > 1 and (how := squashed(given)) is not None:
        return {"fault": "squashed", "how": how}
    # where rows are weighed afterwards, those that ask for nothing may bear anything
    unmet = self_similarity(given, target) or (None if reduction == "none" else masked_target(given, target, ignore_index))
    if unmet is not None:
        return unmet
    if not target.is_floating_point() or target.shape != given.shape:
        return None
    values = target.detach().double()
    sums = values.sum(1 if values.ndim > 1 else 0)
    several = bool(((values == 0) | (values == 1)).all()) and bool((sums > 1.5).any())
    return {"fault": "several-classes", "most": float(sums.max())} if several else None


def binary(given: Any, target: Any, *_: Any, **__: Any) -> Found | None:
    values = target.detach()
    low, high = float(values.min()), float(values.max())
    # soft labels around 0 and 1 are drawn a little beyond them on purpose
    return {"fault": "targets-beyond", "low": low, "high": high} if low < -0.5 or high > 1.5 else None


def binary_of_logits(given: Any, target: Any, *rest: Any, **named: Any) -> Found | None:
    how = squashed(given)
    # what a relu leaves is never negative: the class 0 could never be the likelier
    if how is None and (bounded(given) or ("",))[0] == "relu" and bool((target.detach() < 0.5).any()):
        how = "relu"
    return {"fault": "squashed", "how": how} if how is not None else binary(given, target)


def every_pair(given: Any, target: Any, *_: Any, **__: Any) -> Found | None:
    """(N, 1) against (N): each output is compared with each target."""
    long, short = (given, target) if given.ndim > target.ndim else (target, given)
    pairs = long.ndim == short.ndim + 1 and long.shape[-1] == 1 and len(long) == len(short) > 1 and short.shape[-1] != 1 and long.ndim == 2
    return {"fault": "every-pair", "given": list(given.shape), "target": list(target.shape)} if pairs else None


def distance(given: Any, target: Any, *_: Any, reduction: str = "mean", **__: Any) -> Found | None:
    # what stands for missing targets lies out of reach on purpose, and is left out afterwards
    return every_pair(given, target) or (None if reduction == "none" else out_of_reach(given, target))


def signs(target: Any) -> Found | None:
    values = target.detach()
    return {"fault": "signs"} if bool(((values == 0) | (values == 1)).all()) and bool((values == 0).any()) else None


ASKS: dict[str, Callable[..., Found | None]] = {
    "kl_div": kl_div,
    "nll_loss": nll_loss,
    "ctc_loss": ctc_loss,
    "cross_entropy": cross_entropy,
    "binary_cross_entropy": binary,
    "binary_cross_entropy_with_logits": binary_of_logits,
    "mse_loss": distance,
    "l1_loss": distance,
    "smooth_l1_loss": distance,
    "huber_loss": distance,
    "cosine_embedding_loss": lambda _a, _b, target, *_, **__: signs(target),
    "margin_ranking_loss": lambda _a, _b, target, *_, **__: signs(target),
    "hinge_embedding_loss": lambda _a, target, *_, **__: signs(target),
    "soft_margin_loss": lambda _a, target, *_, **__: signs(target),
}


class _Everywhere(TorchFunctionMode):
    """Sees a loss that was put somewhere under a name of its own: in an attribute, a default argument, a table. In this thread alone."""

    def __init__(self, originals: dict[str, Callable[..., Any]], found: dict[str, Found], called: set[str]):
        super().__init__()
        self._names, self._found, self._called = {id(one): name for name, one in originals.items()}, found, called

    def __torch_function__(self, function: Any, types: Any, arguments: Any = (), named: Any = None) -> Any:
        name = self._names.get(id(function))
        if name is not None:
            _look(name, self._found, self._called, arguments, named or {})
        return function(*arguments, **(named or {}))


@contextmanager
def watched(found: dict[str, Found], called: set[str], compiled: bool = False) -> Iterator[None]:
    """Notes the first fault of each loss that is called inside, and every loss that is called. `compiled`: a mode would have it compiled anew."""
    with ExitStack() as undo:
        originals = {name: getattr(functional, name) for name in ASKS if hasattr(functional, name)}
        tried = {id(original): _tried(name, original, found, called) for name, original in originals.items()}
        # `from torch.nn.functional import kl_div` leaves a second name in the project's own modules.
        for holder in [functional] + [module for _, module in project_modules()]:
            for key, value in list(vars(holder).items()):
                if id(value) in tried and value in originals.values():
                    undo.callback(setattr, holder, key, value)
                    setattr(holder, key, tried[id(value)])
        if not compiled:
            undo.enter_context(_Everywhere(originals, found, called))
        yield


def _tried(name: str, original: Callable[..., Any], found: dict[str, Found], called: set[str]) -> Callable[..., Any]:
    def tried(*arguments: Any, **named: Any) -> Any:
        _look(name, found, called, arguments, named)
        return original(*arguments, **named)

    return tried


def _look(name: str, found: dict[str, Found], called: set[str], arguments: Any, named: dict[str, Any]) -> None:
    called.add(name)
    if name in found or not torch.is_grad_enabled() or torch.compiler.is_compiling():
        return
    try:
        small = all(one.numel() <= LARGEST for one in (*arguments, *named.values()) if isinstance(one, torch.Tensor))
        asked, first = dict(named), list(arguments)
        for key in ("input", "log_probs", "target", "targets"):
            if len(first) < 2 and key in asked:
                first.append(asked.pop(key))
        with torch.no_grad():
            fault = ASKS[name](*first, **asked) if small else None
    except Exception:  # what cannot be looked at, the loss itself will refuse or take
        fault = None
    if fault is not None:
        found[name] = {"function": name, "where": _place(), **fault}


def _place() -> str | None:
    """The project's line that called."""
    frame: Any = sys._getframe(2)
    while frame is not None:
        if is_project_file(frame.f_code.co_filename):
            return f"{shown(frame.f_code.co_filename)}:{frame.f_lineno}"
        frame = frame.f_back
    return None
