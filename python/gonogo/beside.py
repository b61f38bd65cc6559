"""How far the run is, kept beside a checkpoint that the project's own function wrote: gonogo owns the loop, so it owns the position.
Not here: the project's own file, and the managed checkpoint (checkpoint.py)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from gonogo import checkpoint, wire
from gonogo.errors import Fault
from gonogo.experiment import Progress

NAME = "progress"


def keep(path: str, progress: Progress, waiting: dict[str, torch.Tensor] | None = None) -> None:
    """Writes `<path>-progress.json` and `.safetensors`. `waiting`: gradients that wait for more batches, by name."""
    from safetensors.torch import save_file

    if not Path(path).exists():
        raise Fault("SAVE_WROTE_NOTHING", "save(path) left nothing at its path", seen="no file and no folder", expected="a file or a folder at path")
    tensors: dict[str, torch.Tensor] = {}
    tree = checkpoint.encode({"progress": progress.state_dict(), "waiting": waiting or {}}, NAME, tensors)
    save_file(checkpoint.apart(tensors), f"{path}-{NAME}.safetensors", {"format": "pt"})
    Path(f"{path}-{NAME}.json").write_text(wire.encode(tree) + "\n", encoding="utf-8")


def restore(path: str, progress: Progress) -> dict[str, torch.Tensor]:
    """Puts the position and the generators back; returns the gradients that waited."""
    from safetensors.torch import load_file

    try:
        tree = wire.decode(Path(f"{path}-{NAME}.json").read_text(encoding="utf-8"))
        tensors: dict[str, Any] = load_file(f"{path}-{NAME}.safetensors")
    except (OSError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise Fault("CHECKPOINT_DAMAGED", "how far the run was is not beside its checkpoint", where=path, seen=str(error)) from None
    found = checkpoint.decode(tree, tensors, torch.device("cpu"))
    progress.load_state_dict(found["progress"])
    return dict(found["waiting"])
