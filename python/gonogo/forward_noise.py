"""Random draws inside the calls of a model, while it is evaluated: a dropout that nobody told of evaluation, noise drawn by hand.
Not here: modules in training mode (probes.py), and draws of a training step (step_draws.py)."""

from __future__ import annotations

import linecache
import re
import sys
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from gonogo.batches import bytes_digest
from gonogo.determinism import users_line
from gonogo.errors import is_project_file

DROPOUTS = {
    functional.dropout, functional.dropout1d, functional.dropout2d, functional.dropout3d, functional.alpha_dropout, functional.feature_alpha_dropout,
    torch.dropout, torch.alpha_dropout, torch.feature_dropout,
}
DRAWS = {
    torch.rand, torch.randn, torch.rand_like, torch.randn_like, torch.bernoulli, torch.normal, torch.multinomial, functional.gumbel_softmax, functional.rrelu,
    torch.Tensor.normal_, torch.Tensor.uniform_, torch.Tensor.bernoulli_, torch.Tensor.exponential_, torch.Tensor.bernoulli, torch.Tensor.multinomial,
}
#: `training=True`, or True in the place of it.
ON = re.compile(r"train(ing)?\s*=\s*True|dropout\w*\([^()]*(\([^()]*\)[^()]*)*,\s*True")


def is_compiled(model: nn.Module) -> bool:
    """A mode that is entered makes it compile anew."""
    return hasattr(model, "_orig_mod") or getattr(model, "_compiled_call_impl", None) is not None


class ForwardNoise:
    """Hooks for a model: between them, its draws are noted. All three are `file:line` of the project."""

    def __init__(self) -> None:
        self.dropped: set[str] = set()
        #: Shares of an attention that were dropped.
        self.attention: set[str] = set()
        self.drawn: set[str] = set()
        #: The same samples went through twice: an average over several draws, which is meant.
        self.repeats = False
        self._modes: list[_Noted] = []
        self._met: set[str] = set()

    def enter(self, _model: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        """Before a call. The modes of PyTorch hold for one thread, and this is the thread that calls."""
        tensors = [one for one in (*given, *named.values()) if isinstance(one, torch.Tensor)]
        if not self._modes and tensors:
            # by what they hold: another pass may move them to a device, or read the batch again
            seen = bytes_digest(tensors)
            self.repeats = self.repeats or seen in self._met
            self._met.add(seen)
        mode = _Noted(self, {one.data_ptr() for one in tensors})
        mode.__enter__()
        self._modes.append(mode)

    def leave(self, *_: object) -> None:
        if self._modes:
            self._modes.pop().__exit__(None, None, None)

    def report(self) -> dict[str, list[str]]:
        return {} if self.repeats else {"dropped": sorted(self.dropped), "attention": sorted(self.attention), "drawn": sorted(self.drawn)}


class _Noted(TorchFunctionMode):
    def __init__(self, noise: ForwardNoise, inputs: set[int]):
        super().__init__()
        self._noise, self._inputs = noise, inputs

    def __torch_function__(self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None) -> Any:
        kwargs = kwargs or {}
        if func in DRAWS and _by_a_module_at_rest() and kwargs.get("generator") is None:
            self._noise.drawn.add(users_line() or "")
        elif _drops(func, args, kwargs) and not self._corrupts(args, kwargs) and _by_a_module_at_rest() and not _said():
            kept = self._noise.attention if func is functional.scaled_dot_product_attention else self._noise.dropped
            kept.add(users_line() or "")
        return func(*args, **kwargs)

    def _corrupts(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        """What the model is given is dropped, not what it has made of it: the noise of a denoiser."""
        given = args[0] if args else kwargs.get("input", kwargs.get("query"))
        return isinstance(given, torch.Tensor) and given.data_ptr() in self._inputs


def _drops(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    if func is functional.scaled_dot_product_attention:
        share = kwargs.get("dropout_p", args[4] if len(args) > 4 else 0.0)
        return isinstance(share, float) and share > 0
    if func not in DROPOUTS:
        return False
    share = kwargs.get("p", args[1] if len(args) > 1 else 0.5)
    training = kwargs.get("training", kwargs.get("train", args[2] if len(args) > 2 else True))
    return bool(training) and isinstance(share, (int, float)) and share > 0


def _frames() -> Iterator[Any]:
    frame = sys._getframe(2)
    while frame is not None:
        yield frame
        frame = frame.f_back


def _by_a_module_at_rest() -> bool:
    """The innermost module that runs is in evaluation mode, and is the project's own."""
    for frame in _frames():
        holder = frame.f_locals.get("self")
        if isinstance(holder, nn.Module):
            return not holder.training and is_project_file(frame.f_code.co_filename)
    return False


def _said() -> bool:
    """The call that drops says that it is to be on: whoever writes so means it (Monte Carlo dropout)."""
    for frame in _frames():
        if is_project_file(frame.f_code.co_filename):
            text = ""
            for at in range(frame.f_lineno, frame.f_lineno + 6):
                text += linecache.getline(frame.f_code.co_filename, at)
                if text.count("(") <= text.count(")"):
                    break
            return ON.search(text) is not None
    return False
