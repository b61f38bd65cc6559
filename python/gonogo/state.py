"""The state of an experiment by sections, as trees of tensors and plain values: read, digested, put back, scrambled.
Not here: files (checkpoint.py). This is the harness's own reset; what is on trial is the experiment's save and load."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from gonogo import belongings, seeds
from gonogo.errors import Fault
from gonogo.experiment import Progress
from gonogo.found import Found

Tree = Any
#: Bytes of a CUDA generator's state: a seed, then an offset.
CUDA_STATE = 16
#: Those that are compared; what the project's objects hold besides is only kept and put back: a meter may differ and mean nothing.
SECTIONS = ("parameters", "buffers", "optimizer", "schedule", "scaler", "ema", "rng", "position", "counters", "mode")


def read(experiment: Any, found: Found, gradients: bool) -> dict[str, Tree]:
    """Every section that exists, holding the live tensors. `gradients`: those waiting for an update count as optimizer state."""
    names, progress = found.names(), experiment.progress
    extra = experiment.extra_state()
    sections: dict[str, Tree] = {
        "parameters": dict(found.parameters),
        "buffers": dict(found.buffers),
        "optimizer": {name: _read_optimizer(one, names) for name, one in found.stateful_optimizers().items()},
        "schedule": {name: numbers(one.state_dict()) for name, one in found.schedules.items()},
        "scaler": {name: one.state_dict() for name, one in found.scalers.items()},
        "ema": {name: _read_average(one, names) for name, one in found.averages.items()},
        "rng": _read_rng(found, progress),
        "position": _read_position(progress),
        "counters": {"step": progress.step, **{f"self.{name}": getattr(experiment, name) for name in found.counters}, **({"extra": extra} if extra else {})},
        "mode": _read_mode(found),
        "objects": belongings.read(experiment),
    }
    if gradients:
        sections["optimizer"]["waiting"] = read_gradients(found)
    return {name: tree for name, tree in sections.items() if tree}


def read_gradients(found: Found) -> dict[str, torch.Tensor]:
    return {name: one.grad for name, one in found.parameters.items() if one.grad is not None}


def _read_optimizer(optimizer: torch.optim.Optimizer, names: dict[int, str]) -> Tree:
    state = {names.get(id(parameter), "?"): dict(values) for parameter, values in optimizer.state.items()}
    groups = [{key: value for key, value in group.items() if key != "params"} for group in optimizer.param_groups]
    return {"state": state, "groups": groups}


def numbers(state: dict[str, Any]) -> dict[str, Any]:
    """A scheduler's state without functions, which no two processes share."""
    return {key: value for key, value in state.items() if not callable(value)}


def _read_rng(found: Found, progress: Progress) -> Tree:
    workers = progress.worker_states()
    own = {name: seeds.get_generator(one) for name, one in found.generators.items()}
    return {**seeds.get_all(), **own, **({"workers": workers} if workers else {})}


def _read_position(progress: Progress) -> Tree:
    return {"epoch": progress.epoch, "batch": progress.batch, **progress.place()}


def _read_mode(found: Found) -> Tree:
    training = {f"{name}.{path}".rstrip("."): part.training for name, one in found.modules.items() for path, part in one.named_modules()}
    return {"training": training, "requires_grad": {name: one.requires_grad for name, one in found.parameters.items()}}


def _read_average(value: Any, names: dict[int, str]) -> Tree:
    if isinstance(value, (torch.nn.Module,)) or hasattr(value, "state_dict"):
        return dict(value.state_dict())
    if isinstance(value, torch.Tensor) or isinstance(value, (bool, int, float)):
        return None if id(value) in names else value
    if isinstance(value, dict):
        return {key: _read_average(item, names) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_read_average(item, names) for item in value]
    # An object of the user's that refers to the model must not count the model's weights as the average's.
    inner = {key: item for key, item in getattr(value, "__dict__", {}).items() if not isinstance(item, (torch.nn.Module, torch.optim.Optimizer))}
    return {key: _read_average(item, names) for key, item in inner.items()}


def put(experiment: Any, found: Found, sections: dict[str, Tree]) -> None:
    """Puts sections back in place; nothing of the tree is aliased afterwards."""
    writers: dict[str, Callable[[Tree], None]] = {
        "parameters": lambda tree: _copy(found.parameters, tree),
        "buffers": lambda tree: _copy(found.buffers, tree),
        "optimizer": lambda tree: _each(found.stateful_optimizers(), tree, lambda one, state: _put_optimizer(one, found, state)),
        "schedule": lambda tree: _each(found.schedules, tree, lambda one, state: one.load_state_dict(state)),
        "scaler": lambda tree: _each(found.scalers, tree, lambda one, state: one.load_state_dict(state)),
        "ema": lambda tree: _each(found.averages, tree, _put_average),
        "rng": lambda tree: _put_rng(experiment.progress, found, tree),
        "position": lambda tree: _put_position(experiment.progress, tree),
        "counters": lambda tree: _put_counters(experiment, tree),
        "mode": lambda tree: _put_mode(found, tree),
        "objects": lambda tree: belongings.put(experiment, tree),
    }
    if ("rng" in sections) != ("position" in sections):
        experiment.progress.settle()
    # Generators last: putting other things back may draw from them.
    for section in sorted(sections, key=lambda name: name == "rng"):
        # These are copied element by element: a second copy of the weights would only take their memory once more.
        tree = sections[section] if section in ("parameters", "buffers") else copied(sections[section])
        waiting = tree.pop("waiting", None) if section == "optimizer" else None
        writers[section](tree)
        if waiting is not None:
            put_gradients(found, waiting)


def put_gradients(found: Found, gradients: dict[str, torch.Tensor]) -> None:
    for name, parameter in found.parameters.items():
        parameter.grad = gradients[name].detach().to(parameter.device, copy=True) if name in gradients else None


def _each(targets: dict[str, Any], trees: dict[str, Tree], write: Callable[[Any, Tree], None]) -> None:
    for name, tree in trees.items():
        if name in targets:
            write(targets[name], tree)


def _copy(targets: dict[str, torch.Tensor], values: dict[str, torch.Tensor]) -> None:
    with torch.no_grad():
        for name, value in values.items():
            if name in targets:
                there = targets[name]
                if there.shape != value.shape and there.layout == torch.strided:
                    # A bank that grows, a table that is filled on first use: the tensor stays the one it is, and has another size.
                    there.set_(value.to(there.device, there.dtype, copy=True))
                else:
                    there.copy_(value)


def _put_optimizer(optimizer: torch.optim.Optimizer, found: Found, tree: Tree) -> None:
    # In place: schedulers and users hold references to the groups. load_state_dict would also cast.
    optimizer.state.clear()
    groups = {id(parameter): group for group in optimizer.param_groups for parameter in group["params"]}
    for name, values in tree["state"].items():
        if name in found.parameters:
            parameter = found.parameters[name]
            optimizer.state[parameter] = _beside(values, parameter, groups.get(id(parameter), {}))
    for group, saved in zip(optimizer.param_groups, tree["groups"]):
        for key in [key for key in group if key != "params" and key not in saved]:
            del group[key]
        group.update(saved)


def _beside(tree: Tree, parameter: torch.Tensor, group: dict[str, Any]) -> Tree:
    """Optimizer state where its parameter lies: a checkpoint may come from another device. Counts stay on the CPU, unless the optimizer
    wants them on the device."""
    if isinstance(tree, torch.Tensor):
        stays = tree.ndim == 0 and not (group.get("capturable") or group.get("fused"))
        return tree if stays else tree.to(parameter.device)
    if type(tree) is dict:
        return {key: _beside(value, parameter, group) for key, value in tree.items()}
    return [_beside(value, parameter, group) for value in tree] if type(tree) is list else tree


def _put_average(target: Any, tree: Tree) -> None:
    if hasattr(target, "load_state_dict"):
        target.load_state_dict(tree)
        return
    if isinstance(target, torch.Tensor):
        with torch.no_grad():
            target.copy_(tree)
        return
    if not isinstance(target, (dict, list)) and not hasattr(target, "__dict__"):
        return  # a number stands now where there was none
    items = tree.items() if isinstance(tree, dict) else enumerate(tree or [])
    holder = target if isinstance(target, (dict, list)) else vars(target)
    for key, value in items:
        if isinstance(value, (torch.Tensor, bool, int, float)):
            there = holder.get(key) if isinstance(holder, dict) else holder[key]
            alike = isinstance(value, torch.Tensor) and isinstance(there, torch.Tensor)
            holder[key] = value.to(there.device) if alike else value
        elif value is not None and (isinstance(holder, list) or key in holder):
            _put_average(holder[key], value)


def _put_rng(progress: Progress, found: Found, tree: Tree) -> None:
    progress.workers = tree.get("workers")
    seeds.set_all(tree)
    _each(found.generators, {key: state for key, state in tree.items() if key in found.generators}, seeds.set_generator)


def _put_position(progress: Progress, tree: Tree) -> None:
    progress.epoch, progress.batch = tree["epoch"], tree["batch"]
    progress.kept = {name: value for name, value in tree.items() if name not in ("epoch", "batch")}
    progress.version += 1


def _put_counters(experiment: Any, tree: Tree) -> None:
    experiment.progress.step = tree["step"]
    for name, value in tree.items():
        if name.startswith("self."):
            setattr(experiment, name.removeprefix("self."), value)
    if "extra" in tree:
        experiment.load_extra_state(tree["extra"])


def _put_mode(found: Found, tree: Tree) -> None:
    for name, one in found.modules.items():
        for path, part in one.named_modules():
            part.training = tree["training"].get(f"{name}.{path}".rstrip("."), part.training)
    for name, parameter in found.parameters.items():
        parameter.requires_grad_(tree["requires_grad"].get(name, parameter.requires_grad))


#: Bytes of a tensor from which it is worth a look whether an earlier capture has the same.
WORTH = 1 << 16


def _shared(tree: Tree, held: list[Tree]) -> Tree:
    """A copy that shares with captured trees what is the same there, bit by bit: a frozen body, the weights before and after an evaluation."""
    if isinstance(tree, torch.Tensor):
        if tree.nbytes >= WORTH and tree.layout == torch.strided:
            for one in held:
                if isinstance(one, torch.Tensor) and _alike(tree, one):
                    return one
        return copied(tree)
    if isinstance(tree, np.ndarray) and tree.nbytes >= WORTH:
        alike = [one for one in held if isinstance(one, np.ndarray) and one.dtype == tree.dtype and one.shape == tree.shape and one.tobytes() == tree.tobytes()]
        return alike[0] if alike else tree.copy()
    if type(tree) is dict:
        return {key: _shared(value, [one[key] for one in held if type(one) is dict and key in one]) for key, value in tree.items()}
    return copied(tree)


def _alike(tensor: torch.Tensor, other: torch.Tensor) -> bool:
    if tensor.dtype != other.dtype or tensor.shape != other.shape or tensor.device != other.device or other.layout != torch.strided:
        return False
    if not tensor.is_contiguous() or not other.is_contiguous():
        return False
    # As whole numbers: NaN is itself there, and 0.0 is not −0.0.
    kind = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}.get(tensor.element_size())
    return kind is not None and torch.equal(tensor.detach().view(kind), other.view(kind))


def copied(tree: Tree) -> Tree:
    """A copy that shares nothing."""
    if isinstance(tree, torch.Tensor):
        return tree.detach().clone()
    if type(tree) is dict:
        return {key: copied(value) for key, value in tree.items()}
    if type(tree) in (list, tuple):
        return type(tree)(copied(value) for value in tree)
    return copy.deepcopy(tree)


def leaves(tree: Tree, name: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted name, tensor or plain value)."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from leaves(value, f"{name}.{key}" if name else str(key))
    elif isinstance(tree, (list, tuple)) and not all(isinstance(value, (int, float, str, type(None))) for value in tree):
        for index, value in enumerate(tree):
            yield from leaves(value, f"{name}.{index}")
    else:
        yield name, tree


def digest(value: Any) -> str:
    """Digest of a tensor's dtype, shape and bytes, or of a plain value."""
    hashed = hashlib.blake2b(digest_size=16)
    if isinstance(value, torch.Tensor):
        flat = value.detach().cpu().contiguous()
        hashed.update(f"{flat.dtype}{tuple(flat.shape)}".encode())
        if flat.layout == torch.strided:
            hashed.update(memoryview(flat.reshape(-1).view(torch.uint8).numpy()))
        else:
            hashed.update(repr(flat).encode())
    elif isinstance(value, np.ndarray):
        hashed.update(f"{value.dtype}{value.shape}".encode() + value.tobytes())
    else:
        hashed.update(repr(_plain(value)).encode())
    return hashed.hexdigest()


def _plain(value: Any) -> Any:
    """A rate out of an array of numpy's is a number like any other: a checkpoint gives it back as one of Python's."""
    if isinstance(value, np.generic):
        return value.item()
    if type(value) in (list, tuple):
        return type(value)(_plain(one) for one in value)
    return value


def entry(name: str, value: Any) -> dict[str, Any]:
    l2 = absmax = None
    if isinstance(value, torch.Tensor) and value.layout == torch.strided:
        numbers = value.detach()
        numbers = (numbers.abs() if numbers.dtype != torch.bool else numbers).to(torch.float64)  # a mask has no sign
        l2 = float(torch.linalg.vector_norm(numbers))
        absmax = float(numbers.max()) if numbers.numel() else 0.0
    return {"name": name, "digest": digest(value), "l2": l2, "absmax": absmax}


def report(sections: dict[str, Tree], detail: bool) -> dict[str, Any]:
    """A StateReport."""
    found = []
    for section in SECTIONS:
        if section not in sections:
            continue
        whole, entries = hashlib.blake2b(digest_size=16), []
        for name, value in sorted(leaves(sections[section]), key=lambda leaf: leaf[0]):
            seen = entry(name, value) if detail else {"name": name, "digest": digest(value)}
            whole.update(f"{name}={seen['digest']}\n".encode())
            entries.append(seen)
        found.append({"section": section, "digest": whole.hexdigest(), "entries": entries if detail else []})
    return {"sections": found}


def scrambled(section: str, tree: Tree) -> Tree:
    """Other values of the same shape and dtype; signs that must be positive stay so."""
    if section == "rng":
        return {key: _drawn(value) for key, value in tree.items()}
    if section == "mode":
        return {"training": {key: not value for key, value in tree["training"].items()}, "requires_grad": tree["requires_grad"]}
    if section == "position":
        return {"epoch": tree["epoch"] + 1, "batch": 0}
    if section == "optimizer":
        return {name: _scrambled_optimizer(value) if name != "waiting" else _changed(value) for name, value in tree.items()}
    return _changed(tree)


def _scrambled_optimizer(tree: Tree) -> Tree:
    groups = [{key: _changed(value) if key == "lr" else value for key, value in group.items()} for group in tree["groups"]]
    return {"state": _changed(tree["state"]), "groups": groups}


def _changed(tree: Tree) -> Tree:
    if isinstance(tree, dict):
        return type(tree)((key, _changed(value)) for key, value in tree.items()) if type(tree) is dict else tree
    if isinstance(tree, (list, tuple)):
        return type(tree)(_changed(value) for value in tree)
    if isinstance(tree, torch.Tensor):
        if tree.dtype == torch.bool:
            return ~tree
        if not tree.is_floating_point() and not tree.is_complex():
            return tree + 1
        ramp = torch.linspace(0.1, 0.9, tree.numel(), dtype=torch.float64).reshape(tree.shape).to(tree.device)
        return (tree.abs() * 1.5 + ramp.to(tree.dtype)).to(tree.dtype)
    if isinstance(tree, bool) or not isinstance(tree, (int, float)):
        return tree
    return tree + 7 if isinstance(tree, int) else tree * 1.5 + 0.1


def _drawn(state: Tree) -> Tree:
    """Another valid state of the same kind of generator."""
    if isinstance(state, list):
        return [_drawn(value) for value in state]
    if isinstance(state, torch.Tensor) and state.numel() == CUDA_STATE:
        return torch.cat([state[:1] ^ 1, state[1:]])
    if isinstance(state, torch.Tensor):
        return torch.Generator().manual_seed(271828).get_state() if state.numel() == torch.Generator().get_state().numel() else state
    if isinstance(state, dict) and "words" in state:
        return {**state, "words": torch.cat([state["words"][:-1].roll(1), state["words"][-1:]])}
    if isinstance(state, dict) and "keys" in state:
        return {**state, "keys": state["keys"].roll(1)}
    if isinstance(state, dict) and isinstance(state.get("state"), dict):
        inner = state["state"]
        if isinstance(inner.get("state"), int):
            return {**state, "state": {**inner, "state": inner["state"] ^ 0xFFFF_FFFF}}
        key = "counter" if "counter" in inner else "key"
        return {**state, "state": {**inner, key: {**inner[key], "bits": inner[key]["bits"] ^ 1}}}
    if isinstance(state, dict):
        return {key: _drawn(value) for key, value in state.items()}
    return state


class Slots:
    """Captured states, kept in memory under a name. Nothing writes into a captured tensor, so slots share those that are equal."""

    def __init__(self) -> None:
        self._slots: dict[str, tuple[dict[str, Tree], dict[str, torch.Tensor]]] = {}

    def capture(self, slot: str, sections: dict[str, Tree], found: Found) -> None:
        # What the slot held goes first: it would stand beside the new one for no one.
        held = [kept for name, kept in self._slots.items() if name != slot]
        self._slots.pop(slot, None)
        self._slots[slot] = (_shared(sections, [kept for kept, _ in held]), _shared(read_gradients(found), [kept for _, kept in held]))

    def restore(self, slot: str, experiment: Any, found: Found, gradients: bool = True) -> None:
        """`gradients`: those of the capture too; else what lies there stays."""
        if slot not in self._slots:
            raise Fault("SLOT_UNKNOWN", "nothing was captured in this slot", seen=slot, expected=", ".join(self._slots) or "a capture first")
        sections, captured = self._slots[slot]
        put(experiment, found, sections)
        if gradients:
            put_gradients(found, captured)
