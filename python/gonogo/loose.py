"""Arrays that modules hold as plain attributes, neither parameters nor buffers, and that a training step uses: no state_dict has them.
Not here: whether that matters (the check K4); tensors that something trains (trace.py's strays)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

from gonogo import batches, driven
from gonogo.found import Found

#: Values of one, and how many are told: a step that uses more keeps data in its model.
LARGEST, MOST = 4_000_000, 64


class Loose(TorchFunctionMode):
    """While it is entered, notes which of them are handed to PyTorch's functions, as they were when it was made."""

    def __init__(self, found: Found) -> None:
        super().__init__()
        self._held = dict(_held(found))
        self._digests = {identity: batches.bytes_digest(value) for identity, (_, value) in self._held.items()}
        self._used: set[int] = set()

    def __torch_function__(self, function: Any, types: Any, arguments: Any = (), named: Any = None) -> Any:
        if self._held:
            self._note((*arguments, *(named or {}).values()))
        return function(*arguments, **(named or {}))

    def _note(self, given: Any) -> None:
        for one in given:
            if id(one) in self._held:
                self._used.add(id(one))
            elif type(one) in (tuple, list) and len(one) <= MOST:
                self._note(one)

    @contextmanager
    def everywhere(self) -> Iterator[None]:
        """Entered here, and where a loop that is driven has its batch."""
        driven.WITHIN.append(self)
        try:
            with self:
                yield
        finally:
            driven.WITHIN.remove(self)

    def report(self) -> dict[str, str]:
        """Path → digest."""
        return {self._held[identity][0]: self._digests[identity] for identity in sorted(self._used, key=lambda one: self._held[one][0])}


def _held(found: Found) -> Iterator[tuple[int, tuple[str, Any]]]:
    told = 0
    for name, module in found.modules.items():
        for path, part in module.named_modules():
            for key, value in list(vars(part).items()):
                many = value if isinstance(value, (list, tuple)) and len(value) <= MOST else (value,)
                for index, one in enumerate(many):
                    if _counts(one) and told < MOST:
                        told += 1
                        yield id(one), (".".join(filter(None, (name, path, key))) + (f".{index}" if many is value else ""), one)


def _counts(value: Any) -> bool:
    """More than one number, that no graph has made."""
    if isinstance(value, torch.Tensor):
        return not isinstance(value, torch.nn.Parameter) and value.grad_fn is None and value.layout == torch.strided and 1 < value.numel() <= LARGEST
    return isinstance(value, np.ndarray) and value.dtype != object and 1 < value.size <= LARGEST
