"""Checkpoints: the managed one, which holds every section of the state without pickle, and the user's own save and load.
Not here: publishing, checksums, retention. Nothing is synced to disk here; the publisher does that."""

from __future__ import annotations

import json
import stat
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gonogo import belongings, state, wire
from gonogo.errors import Fault
from gonogo.experiment import defines
from gonogo.found import Found, find

MODEL, TRAINING, STATE = "model.safetensors", "training.safetensors", "state.json"
USER = "user-checkpoint"
EXACT = 2**53


def save(subject: Any, directory: str, harness: Any) -> dict[str, Any]:
    """The experiment's own save, or the managed one, into an empty folder."""
    from gonogo import rankfile

    folder = Path(directory)
    head = {"gonogo": 1, "engine": "torch", "harness": harness}
    world = subject.world
    if subject.manual_checkpoint:
        # A project whose step is managed knows of no ranks; one with its own step guards its files by rank itself.
        if world.rank == 0 or not subject.managed_steps:
            subject.experiment.save(str(folder / USER))
        if world.rank == 0 and not any(folder.iterdir()):
            raise Fault("SAVE_WROTE_NOTHING", "save(path) left nothing at its path", seen="an empty folder", expected="a file or a folder at path")
    elif world.rank == 0:
        head.update(_save_managed(subject, folder))
    if world.rank > 0:
        rankfile.save(subject, folder)
        return _report(folder)
    if world.size > 1:
        head["world"] = world.size
    (folder / STATE).write_text(wire.encode(head) + "\n", encoding="utf-8")
    return _report(folder)


def load(subject: Any, directory: str) -> dict[str, Any]:
    from gonogo import rankfile

    folder = Path(directory)
    head = _head(folder)
    saved = int(head.get("world") or 1)
    rankfile.admit(subject, saved)
    if subject.manual_checkpoint:
        own = rankfile.read(folder, subject.world.rank, subject.experiment.device)
        with subject.experiment.progress.of_rank(own["progress"] if own else None):
            subject.experiment.load(str(folder / USER))
    else:
        _load_managed(subject, folder, head)
        rankfile.restore(subject, folder, saved)
    return {**_report(folder), "harness": head.get("harness")}


def _report(folder: Path) -> dict[str, Any]:
    listed = []
    for path in sorted(folder.rglob("*")):
        try:
            found = path.stat()
        except FileNotFoundError:
            continue  # safetensors writes beside and renames: another rank has just done that
        if stat.S_ISREG(found.st_mode):
            listed.append({"path": path.relative_to(folder).as_posix(), "bytes": found.st_size})
    # A managed load that does not fit is refused; what a user's own load leaves out, only the state can tell.
    return {"files": listed, "missing": [], "unexpected": [], "misshaped": []}


def _head(folder: Path) -> dict[str, Any]:
    try:
        head = wire.decode((folder / STATE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Fault("CHECKPOINT_DAMAGED", "the checkpoint has no state.json", where=str(folder)) from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise Fault("CHECKPOINT_DAMAGED", "state.json is no JSON", where=str(folder / STATE), seen=str(error)) from None
    if not isinstance(head, dict):
        raise Fault("CHECKPOINT_DAMAGED", "state.json is no map", where=str(folder / STATE))
    return head


def _save_managed(subject: Any, folder: Path) -> dict[str, Any]:
    from safetensors.torch import save_file

    experiment, found = subject.experiment, find(subject.experiment)
    sections = state.read(experiment, found, subject.mid_update())
    sections.pop("mode")
    objects = belongings.storable(sections.pop("objects", {}))
    if objects and subject.world.size == 1:  # each rank has its own, and rank 0 alone writes
        sections["objects"] = objects
    weights = {**sections.pop("parameters", {}), **sections.pop("buffers", {})}
    training = {f"buffers/{name}": weights.pop(name) for name in found.transient if name in weights}
    trees = {name: encode(tree, name, training) for name, tree in sections.items()}
    # One entry alone: the library writes several in any order, and equal states must be equal bytes.
    save_file(apart(weights), str(folder / MODEL), {"format": "pt"})
    save_file(apart(training), str(folder / TRAINING), {"format": "pt"})
    progress = experiment.progress
    ties = {"ties": found.ties} if found.ties else {}
    return {"step": progress.step, "epoch": progress.epoch + 1, "batch": progress.batch, "seed": experiment.seed, "threads": torch.get_num_threads(), **ties, **trees}


def apart(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Contiguous, on the CPU, and each of a storage of its own, as safetensors wants them."""
    found: dict[str, torch.Tensor] = {}
    seen: set[int] = set()
    for name, tensor in tensors.items():
        tensor = tensor.detach().cpu().contiguous()
        storage = tensor.untyped_storage()
        if storage.nbytes() != tensor.nbytes or storage.data_ptr() in seen:
            tensor = tensor.clone()
        seen.add(tensor.untyped_storage().data_ptr())
        found[name] = tensor
    return found


def _load_managed(subject: Any, folder: Path, head: dict[str, Any]) -> None:
    experiment, found = subject.experiment, find(subject.experiment)
    weights, training = opened(folder / MODEL), opened(folder / TRAINING)
    expected = {name: one for name, one in {**found.parameters, **found.buffers}.items() if name not in found.transient}
    faults = {
        "missing": sorted(expected.keys() - weights.keys()),
        "unexpected": sorted(weights.keys() - expected.keys()),
        "misshaped": sorted(name for name in expected.keys() & weights.keys() if not _same(expected[name], weights[name])),
    }
    if any(faults.values()):
        # Nothing is put in place: half a model would train on without a word.
        shown = "; ".join(f"{kind}: {', '.join(names[:5])}" for kind, names in faults.items() if names)
        raise Fault(
            "CHECKPOINT_MISMATCH", "this checkpoint belongs to another model", where=str(folder), seen=shown,
            expected=f"the {len(expected)} tensors of this experiment", **{"try": "resume with the experiment file that made the checkpoint"},
        )
    sections: dict[str, Any] = {
        "parameters": {name: weights[name] for name in found.parameters},
        "buffers": {
            **{name: weights[name] for name in found.buffers if name in weights},
            **{name: training[f"buffers/{name}"] for name in found.transient if f"buffers/{name}" in training},
        },
    }
    for section in ("optimizer", "schedule", "scaler", "ema", "rng", "position", "counters", "objects"):
        if section in head and (section != "objects" or subject.world.size == 1):
            sections[section] = decode(head[section], training, experiment.device)
    state.put(experiment, found, sections)


def opened(path: Path) -> dict[str, torch.Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(str(path), device="cpu")
    except FileNotFoundError:
        raise Fault("CHECKPOINT_DAMAGED", f"the checkpoint has no {path.name}", where=str(path.parent)) from None
    except SafetensorError as error:
        raise Fault("CHECKPOINT_DAMAGED", f"{path.name} cannot be read", where=str(path), seen=str(error)) from None


def _same(a: torch.Tensor, b: torch.Tensor) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype


def encode(tree: Any, path: str, tensors: dict[str, torch.Tensor]) -> Any:
    """A tree as JSON; its tensors go into `tensors` under their path."""
    if isinstance(tree, torch.Tensor):
        tensors[path] = tree
        # The file is the CPU's; what lay on a device goes back to one, if there is one.
        return {"$tensor": path} if tree.device.type == "cpu" else {"$tensor": path, "device": tree.device.type}
    if isinstance(tree, np.ndarray):
        tensors[path] = torch.from_numpy(np.ascontiguousarray(tree))
        return {"$array": path}
    if isinstance(tree, np.generic):
        return encode(tree.item(), path, tensors)
    if isinstance(tree, Counter):
        return {"$counter": [[key, value] for key, value in tree.items()]}
    if isinstance(tree, dict):
        if all(isinstance(key, str) and not key.startswith("$") for key in tree):
            return {key: encode(value, f"{path}/{key}", tensors) for key, value in tree.items()}
        return {"$map": [[key, encode(value, f"{path}/{key}", tensors)] for key, value in tree.items()]}
    if isinstance(tree, (list, tuple)):
        items = [encode(value, f"{path}/{index}", tensors) for index, value in enumerate(tree)]
        return items if isinstance(tree, list) else {"$tuple": items}
    if isinstance(tree, int) and not isinstance(tree, bool) and abs(tree) >= EXACT:
        return {"$int": str(tree)}
    if tree is None or isinstance(tree, (bool, int, float, str)):
        return tree
    raise Fault(
        "CHECKPOINT_UNSUPPORTED",
        f"{path} cannot be kept without pickle",
        seen=type(tree).__name__,
        expected="tensors, numbers, text, lists and dicts of them",
        **{"try": "define save(path) and load(path)"},
    )


def decode(tree: Any, tensors: dict[str, torch.Tensor], device: torch.device) -> Any:
    if isinstance(tree, list):
        return [decode(value, tensors, device) for value in tree]
    if not isinstance(tree, dict):
        return tree
    for mark in ("$tensor", "$array"):
        if mark in tree:
            if tree[mark] not in tensors:
                raise Fault("CHECKPOINT_DAMAGED", f"{TRAINING} lacks a tensor that state.json names", seen=str(tree[mark]))
            found = tensors[tree[mark]]
            if mark == "$array":
                return found.numpy()
            return found.to(device) if "device" in tree else found
    if "$counter" in tree:
        return Counter(dict(tree["$counter"]))
    if "$map" in tree:
        return {key: decode(value, tensors, device) for key, value in tree["$map"]}
    if "$tuple" in tree:
        return tuple(decode(value, tensors, device) for value in tree["$tuple"])
    if "$int" in tree:
        return int(tree["$int"])
    return {key: decode(value, tensors, device) for key, value in tree.items()}


def owns_checkpoint(kind: type) -> bool:
    """The experiment brings save and load; one without the other is an error."""
    has = [method for method in ("save", "load") if defines(kind, method)]
    if len(has) == 1:
        other = "load" if has == ["save"] else "save"
        raise Fault("EXPERIMENT_INCOMPLETE", f"the experiment defines {has[0]}() without {other}()", expected=f"def {other}(self, path), or neither")
    return len(has) == 2
