"""Opens the tensors of a checkpoint folder on CPU, in a process that never imports the experiment.
Not here: unpickling of objects. A file that needs the project's classes is reported as unreadable."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from gonogo.state import entry


def weights(directory: str) -> dict[str, Any]:
    """A WeightsReport."""
    folder = Path(directory)
    files, tensors = [], []
    for path in sorted(one for one in folder.rglob("*") if one.is_file() and one.suffix not in (".json", ".txt", ".yaml", ".md")):
        kind = _format(path)
        found: dict[str, torch.Tensor] = {}
        error = None
        try:
            found = dict(_open(path, kind))
        except Exception as raised:  # whatever a hostile or foreign file provokes is a finding, not a crash
            error = _reason(raised)
        files.append({"path": path.relative_to(folder).as_posix(), "format": kind, "tensors": len(found), "error": error})
        tensors += [{**entry(name, tensor), "shape": list(tensor.shape)} for name, tensor in found.items()]
    return {"files": files, "tensors": tensors}


def _reason(raised: Exception) -> str:
    """The first line, and the object that a weights-only load refused, which PyTorch names further down."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(raised)).strip()
    first = text.splitlines()[0][:500] if text else type(raised).__name__
    refused = re.search(r"GLOBAL [\w.]+", text)
    return f"{first} {refused[0]}" if refused else first


def _format(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(16)
    if path.suffix == ".safetensors":
        return "safetensors"
    # A zip is torch.save's format since 1.6; a pickle opens with its protocol, \x80.
    return "torch" if head.startswith(b"PK") or head.startswith(b"\x80") else "other"


def _open(path: Path, kind: str) -> Iterator[tuple[str, torch.Tensor]]:
    if kind == "safetensors":
        from safetensors.torch import load_file

        yield from load_file(str(path), device="cpu").items()
    elif kind == "torch":
        yield from _flat(torch.load(str(path), map_location="cpu", weights_only=True), "")


def _flat(tree: Any, name: str) -> Iterator[tuple[str, torch.Tensor]]:
    if isinstance(tree, torch.Tensor):
        yield name or "tensor", tree
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield from _flat(value, f"{name}.{key}" if name else str(key))
    elif isinstance(tree, (list, tuple)):
        for index, value in enumerate(tree):
            yield from _flat(value, f"{name}.{index}" if name else str(index))
