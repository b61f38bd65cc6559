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
    for path in _files(folder):
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


#: The format's names of PyTorch's.
DTYPES = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64", "I32": "int32", "I16": "int16", "I8": "int8", "U8": "uint8", "BOOL": "bool"}


def headers(directory: str) -> dict[str, Any]:
    """A HeadersReport: names, shapes and number formats, and no value is read. A checkpoint may be larger than the memory."""
    folder = Path(directory)
    files, tensors = [], []
    for path in _files(folder):
        kind, error = _format(path), None
        found: list[dict[str, Any]] = []
        try:
            found = list(_heads(path, kind))
        except Exception as raised:
            error = _reason(raised)
        files.append({"path": path.relative_to(folder).as_posix(), "format": kind, "tensors": len(found), "error": error})
        tensors += found
    return {"files": files, "tensors": tensors}


def _heads(path: Path, kind: str) -> Iterator[dict[str, Any]]:
    if kind == "safetensors":
        from safetensors import safe_open

        with safe_open(str(path), framework="pt", device="cpu") as file:
            for name in file.keys():
                part = file.get_slice(name)
                yield {"name": name, "shape": list(part.get_shape()), "dtype": DTYPES.get(part.get_dtype(), part.get_dtype())}
    elif kind == "torch":
        # Mapped: the values stay on the disk. A file from before 1.6 cannot be, and is read.
        mapped = _is_zip(path)
        for name, tensor in _flat(torch.load(str(path), map_location="cpu", weights_only=True, mmap=mapped), ""):
            yield {"name": name, "shape": list(tensor.shape), "dtype": str(tensor.dtype).removeprefix("torch.")}


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"PK"


def _files(folder: Path) -> list[Path]:
    return sorted(one for one in folder.rglob("*") if one.is_file() and one.suffix not in (".json", ".txt", ".yaml", ".md"))


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
