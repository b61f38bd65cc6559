"""The number format of a managed step: autocast, and for float16 the loss scale that keeps small gradients alive.
Not here: a project's own autocast and GradScaler, which are found (found.py) and watched (observe.py)."""

from __future__ import annotations

import warnings
from contextlib import nullcontext
from typing import Any

import torch

from gonogo.errors import Fault

TYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


class Precision:
    """Autocast around forward passes; `scaler` is null except for float16 with training steps."""

    def __init__(self, precision: str, device: torch.device, scaled: bool):
        self._device = device.type
        self._type = TYPES.get(precision)
        #: No autocast at all.
        self.whole = self._type is None
        self.scaler = _scaler(self._device) if precision == "float16" and scaled else None

    def autocast(self) -> Any:
        return nullcontext() if self._type is None else torch.autocast(self._device, dtype=self._type)


def _scaler(device: str) -> Any:
    if hasattr(torch.amp, "GradScaler"):  # 2.3
        if device == "cuda" or _autocasts_float16(device):
            return torch.amp.GradScaler(device)
    elif device == "cuda":
        return torch.cuda.amp.GradScaler()
    raise Fault(
        "PRECISION_UNSUPPORTED", "this PyTorch has no float16 on the CPU", where="train.precision", seen=f"float16 on {device}, torch {torch.__version__}",
        expected="bfloat16 or float32; float16 needs a GPU or a newer PyTorch", **{"try": "precision: bfloat16"},
    )


def _autocasts_float16(device: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with torch.autocast(device, dtype=torch.float16):
            return bool(torch.is_autocast_cpu_enabled())
