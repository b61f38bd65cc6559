"""What each rank but the first adds to a checkpoint: its generators, and gradients that wait for an update.
Not here: the weights and all else, which rank 0 writes once (checkpoint.py)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from gonogo import checkpoint, seeds, state
from gonogo.errors import Fault
from gonogo.feed import ManagedFeed
from gonogo.found import find


def path_of(folder: Path, rank: int) -> Path:
    return folder / f"rank{rank}.safetensors"


def save(subject: Any, folder: Path) -> None:
    from safetensors.torch import save_file

    found, progress = find(subject.experiment), subject.experiment.progress
    sections = state.read(subject.experiment, found, subject.mid_update())
    tree = {
        "rng": sections["rng"],
        "position": sections["position"],
        "waiting": sections.get("optimizer", {}).get("waiting", {}),
        "progress": {"rng": progress.generators(), "place": progress.place(), "workers": progress.worker_states()},
    }
    tensors: dict[str, torch.Tensor] = {}
    text = json.dumps(checkpoint.encode(tree, f"rank{subject.world.rank}", tensors))
    # One entry alone: the library writes several in any order, and equal states must be equal bytes.
    save_file(checkpoint.apart(tensors), str(path_of(folder, subject.world.rank)), {"tree": text})


def read(folder: Path, rank: int, device: torch.device) -> dict[str, Any] | None:
    """None where the checkpoint was written without this rank."""
    from safetensors import safe_open

    path = path_of(folder, rank)
    if not path.is_file():
        return None
    with safe_open(str(path), framework="pt", device="cpu") as file:
        text = (file.metadata() or {}).get("tree")
    if text is None:
        raise Fault("CHECKPOINT_DAMAGED", f"{path.name} holds no state of a rank", where=str(path))
    return checkpoint.decode(json.loads(text), checkpoint.opened(path), device)


def admit(subject: Any, saved: int) -> None:
    """Refuses a checkpoint of another number of processes where the order of the data depends on it."""
    if saved == subject.world.size or isinstance(subject.feed(), ManagedFeed):
        return
    raise Fault(
        "RESUME_WORLD", "this run cannot go on with another number of processes", seen=f"saved by {saved}, opened by {subject.world.size}",
        expected=f"world: {saved}; its own train_loader deals out the samples by rank, so the position in the data would be lost",
        **{"try": f"resume with world: {saved}"},
    )


def restore(subject: Any, folder: Path, saved: int) -> None:
    """After a managed load, which has put rank 0's state on every rank."""
    experiment, world = subject.experiment, subject.world
    found = find(experiment)
    if saved != world.size:
        if world.rank == 0:
            others = [read(folder, rank, experiment.device) for rank in range(1, saved)]
            for waiting in (one["waiting"] for one in others if one is not None):
                _add(found.parameters, waiting)
        else:
            state.put_gradients(found, {})
    own = read(folder, world.rank, experiment.device) if world.rank > 0 else None
    if own is not None:
        state.put(experiment, found, {"rng": own["rng"], "position": own["position"]})
        if saved == world.size:
            state.put_gradients(found, own["waiting"])
    elif world.rank > 0:
        seeds.seed_all(experiment.seed, f"rank/{world.rank}/{experiment.progress.step}")


def _add(parameters: dict[str, torch.Tensor], waiting: dict[str, torch.Tensor]) -> None:
    for name, value in waiting.items():
        one = parameters[name]
        one.grad = value.to(one.device, one.dtype).clone() if one.grad is None else one.grad + value.to(one.grad)
