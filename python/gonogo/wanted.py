"""What a loss asks for at each position, against what the model was given: the next input, the same one, or the one after the next.
Not here: whether an output may see a later input (probes.py perturbs one)."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

#: Under every form of cross-entropy, however it was imported: → places of target and ignored index among its arguments.
LOSSES = {"aten::nll_loss_forward": (1, 4), "aten::nll_loss2d_forward": (1, 4)}
WHOLE = (torch.int64, torch.int32, torch.int16)


class Wanted(TorchDispatchMode):
    """Compares, while it is entered, each cross-entropy's targets with the whole numbers that a model was last called with."""

    def __init__(self, models: list[torch.nn.Module]):
        super().__init__()
        self._models, self._given = models, None
        #: Of each call that could be compared: shares of next, same, second, still.
        self._found: list[dict[str, float]] = []
        self._undo = ExitStack()

    def __enter__(self) -> Wanted:
        for model in self._models:
            self._undo.callback(model.register_forward_pre_hook(self._noting, with_kwargs=True).remove)
        return super().__enter__()

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        self._undo.close()

    def _noting(self, _model: Any, arguments: Any, named: Any) -> None:
        known = [*([named["input_ids"]] if "input_ids" in named else []), *arguments, *named.values()]
        self._given = next((one for one in known if isinstance(one, torch.Tensor) and one.dtype in WHOLE and one.ndim == 2 and one.shape[1] > 3), None)

    def __torch_dispatch__(self, function: Any, types: Any, arguments: Any = (), named: Any = None) -> Any:
        places = LOSSES.get(getattr(getattr(function, "_schema", None), "name", ""))
        if places is not None and self._given is not None:
            target, ignored = arguments[places[0]], arguments[places[1]] if len(arguments) > places[1] else -100
            compared = against(self._given, target, int(ignored))
            if compared is not None:
                self._found.append(compared)
        return function(*arguments, **(named or {}))

    def report(self) -> dict[str, float] | None:
        """Of the call that asks most for the next input: a model may have other losses beside."""
        return max(self._found, key=lambda one: one["next"], default=None)


def against(given: torch.Tensor, target: torch.Tensor, ignored: int) -> dict[str, float] | None:
    """Shares of positions; null where the shapes do not tell which target belongs to which input. What is left of a row that ends
    in one repeated value is padding, and says nothing."""
    rows, length = given.shape
    asked = next((size for size in (length, length - 1, length - 2) if target.numel() == rows * size), None)
    if asked is None:
        return None
    wanted, given = target.detach().reshape(rows, asked), given.detach()
    steps = min(asked, length - 2)
    wanted, now, following, second = wanted[:, :steps], given[:, :steps], given[:, 1 : steps + 1], given[:, 2 : steps + 2]
    same_to_end = (given == given[:, -1:]).flip(1).long().cumprod(1).flip(1).bool()
    real = ~same_to_end[:, 2 : steps + 2]
    known = (wanted != ignored) & real
    of = int(known.sum())
    if of < 8:
        return None
    shares = {"next": wanted == following, "same": wanted == now, "second": wanted == second, "still": now == following}
    padding = same_to_end[:, :steps] & same_to_end[:, 1 : steps + 1]
    return {
        **{name: int((one & known).sum()) / of for name, one in shares.items()},
        "scored": of / int(real.sum()),
        "padding": int(padding.sum()) / padding.numel(),
        "paddingScored": int((padding & (wanted != ignored)).sum()) / max(1, int(padding.sum())),
    }
