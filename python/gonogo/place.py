"""Position in the data and generators, on their own, as files: taken out of one process and put into another, for a resume that
is to be followed with the straight run's batches and noise. Not here: a checkpoint (checkpoint.py); this one is never the user's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gonogo import state, wire
from gonogo.checkpoint import apart, decode, encode, opened
from gonogo.found import find

SECTIONS = ("position", "rng")
TENSORS, TREES = "place.safetensors", "place.json"


def write(subject: Any, directory: str) -> None:
    from safetensors.torch import save_file

    sections = state.read(subject.experiment, find(subject.experiment), subject.mid_update())
    tensors: dict[str, Any] = {}
    trees = {name: encode(sections[name], name, tensors) for name in SECTIONS}
    save_file(apart(tensors), str(Path(directory) / TENSORS), {"format": "pt"})
    (Path(directory) / TREES).write_text(wire.encode(trees) + "\n", encoding="utf-8")


def put(subject: Any, directory: str) -> None:
    tensors = opened(Path(directory) / TENSORS)
    trees = wire.decode((Path(directory) / TREES).read_text(encoding="utf-8"))
    sections = {name: decode(trees[name], tensors, subject.experiment.device) for name in SECTIONS}
    state.put(subject.experiment, find(subject.experiment), sections)
