"""What an experiment holds: modules, tensors, optimizers, schedules, generators, found on self and named by their path.
Not here: reading or writing their state (state.py)."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.optim.lr_scheduler import LRScheduler

from gonogo.errors import is_project_file, project_modules
from gonogo.held import KINDS, entries, held
from gonogo.parallel import unwrapped

COUNTER = re.compile(r"(^|_)(steps?|epochs?|iters?|iterations?|updates?)($|_)")
# The harness's own business on self, and what is no state.
SKIPPED = {"config", "progress", "device", "task"}
LONGEST = 10_000


@dataclass
class Found:
    """Everything that has state, by name. Tied tensors stand once, under the first name; `ties` tells the others."""

    modules: dict[str, nn.Module] = field(default_factory=dict)
    parameters: dict[str, torch.Tensor] = field(default_factory=dict)
    buffers: dict[str, torch.Tensor] = field(default_factory=dict)
    #: Buffers that the module does not save.
    transient: set[str] = field(default_factory=set)
    ties: dict[str, str] = field(default_factory=dict)
    optimizers: dict[str, torch.optim.Optimizer] = field(default_factory=dict)
    #: Optimizers around another, which makes the updates (sharpness-aware, look-ahead). They have state of their own.
    wrappers: dict[str, torch.optim.Optimizer] = field(default_factory=dict)
    schedules: dict[str, Any] = field(default_factory=dict)
    scalers: dict[str, Any] = field(default_factory=dict)
    averages: dict[str, Any] = field(default_factory=dict)
    generators: dict[str, Any] = field(default_factory=dict)
    #: Names of whole numbers on self that count steps or epochs.
    counters: list[str] = field(default_factory=list)

    def stateful_optimizers(self) -> dict[str, torch.optim.Optimizer]:
        return {**self.optimizers, **self.wrappers}

    def stepped(self) -> list[torch.optim.Optimizer]:
        """What a managed step steps: the outer one of each."""
        inner = {id(one) for wrapper in self.wrappers.values() for one in vars(wrapper).values()}
        return [one for one in self.stateful_optimizers().values() if id(one) not in inner]

    def names(self) -> dict[int, str]:
        """Identity of a parameter → its name."""
        return {id(parameter): name for name, parameter in self.parameters.items()}


def find(experiment: Any) -> Found:
    """Walks the experiment. Cheap: tens of microseconds for each module."""
    found = Found()
    loose: dict[str, torch.Tensor] = {}
    seen: set[int] = set()
    for name, value in vars(experiment).items():
        if name not in SKIPPED and not name.startswith("_"):
            _visit(found, loose, seen, name, value, 0)
            if type(value) is int and COUNTER.search(name):
                found.counters.append(name)
    for name, value in project_generators().items():
        _visit(found, loose, seen, name, value, 0)
    _name_tensors(found, loose)
    return found


def _visit(found: Found, loose: dict[str, torch.Tensor], seen: set[int], name: str, value: Any, depth: int) -> None:
    value = unwrapped(value)
    if value is None or isinstance(value, (str, bytes, int, float, type)) or id(value) in seen or depth > 6:
        return
    seen.add(id(value))
    within = [(f"{name}.{key}", item) for key, item in _inside(value)]
    if is_average(name, value):
        found.averages[name] = value
        return
    if isinstance(value, torch.Tensor):
        if value.requires_grad and value.is_leaf:
            loose[name] = value
    elif isinstance(value, nn.Module):
        found.modules[name] = value
        if is_users(value):
            # What a module of the project's own keeps beside what PyTorch registers: a moving average, a generator.
            for key, item in list(vars(value).items()):
                if not key.startswith("_") and (is_average(key, item) or isinstance(item, KINDS)):
                    _visit(found, loose, seen, f"{name}.{key}", item, depth + 1)
    elif isinstance(value, torch.optim.Optimizer):
        inner = [(key, item) for key, item in list(vars(value).items()) if isinstance(item, torch.optim.Optimizer) and id(item) not in seen]
        (found.wrappers if inner else found.optimizers)[name] = value
        for key, item in inner:
            _visit(found, loose, seen, f"{name}.{key}", item, depth + 1)
    elif isinstance(value, LRScheduler) or is_schedule(value):
        found.schedules[name] = value
    elif type(value).__name__ == "GradScaler":
        found.scalers[name] = value
    elif isinstance(value, KINDS):
        found.generators[name] = value
    else:
        for path, item in within:
            _visit(found, loose, seen, path, item, depth + 1)
        if isinstance(value, torch.utils.data.DataLoader):
            # Those deep inside transforms of installed packages.
            for path, one in held(dict(_inside(value))).items():
                if id(one) not in seen:
                    seen.add(id(one))
                    found.generators[f"{name}.{path}"] = one


def _inside(value: Any) -> Iterator[tuple[str, Any]]:
    """Parts of a container, a loader, or an object of a class that the user wrote."""
    if isinstance(value, dict):
        if len(value) <= LONGEST:
            yield from entries(value)
    elif isinstance(value, (list, tuple)):
        if len(value) <= LONGEST:
            yield from ((str(index), item) for index, item in enumerate(value))
    elif isinstance(value, torch.utils.data.DataLoader):
        for key in ("generator", "sampler", "batch_sampler", "dataset", "collate_fn"):
            yield key, getattr(value, key, None)
    elif isinstance(value, (torch.utils.data.Dataset, torch.utils.data.Sampler)) or is_users(value):
        yield from vars(value).items() if hasattr(value, "__dict__") else ()


def unwrapped(value: Any) -> Any:
    """What Accelerate wrapped: hooks, names and state are those of the real optimizer, schedule and loader."""
    inner = {"AcceleratedOptimizer": "optimizer", "AcceleratedScheduler": "scheduler", "DataLoaderShard": "base_dataloader", "DataLoaderDispatcher": "base_dataloader"}
    while type(value).__module__.startswith("accelerate.") and type(value).__name__ in inner:
        value = getattr(value, inner[type(value).__name__])
    return value


def is_users(value: Any) -> bool:
    """An object of a class of the project, or one of our small data sets or wrappers."""
    name = type(value).__module__
    module = sys.modules.get(name)
    return name in ("gonogo.data", "gonogo.order") or is_project_file(getattr(module, "__file__", None) or "")


#: How averages of weights are called where they are no class of their own.
AVERAGES = ("ema", "shadow", "polyak")


def is_average(name: str, value: Any) -> bool:
    if not _bears_weights(value):
        return False  # a smoothed loss, a meter of time
    kind = type(value).__name__
    named = any(part.lower().startswith(AVERAGES) for part in name.split("."))
    return (named and not isinstance(value, torch.Generator)) or kind == "AveragedModel" or "EMA" in kind or "Ema" in kind


def _bears_weights(value: Any, depth: int = 0) -> bool:
    if isinstance(value, (torch.Tensor, nn.Module)) or callable(getattr(value, "state_dict", None)):
        return True
    if type(value) is dict and not value:
        return True  # yet to be filled
    if isinstance(value, dict):
        within: Any = value.values()
    elif isinstance(value, (list, tuple)):
        within = value
    else:
        within = vars(value).values() if hasattr(value, "__dict__") and is_users(value) else ()
    return depth < 3 and any(_bears_weights(one, depth + 1) for one in list(within)[:LONGEST])


def is_schedule(value: Any) -> bool:
    return all(hasattr(value, key) for key in ("step", "state_dict", "load_state_dict", "optimizer"))


def project_generators() -> dict[str, Any]:
    """Generators that stand as globals in the project's own modules."""
    known = [(f"{name}.{key}", value) for name, module in project_modules() for key, value in list(vars(module).items())]
    return {name: value for name, value in known if isinstance(value, KINDS)}


def main_module(found: Found) -> str | None:
    """The module whose tensors bear no prefix: `model`, or the only one."""
    with_tensors = [name for name, module in found.modules.items() if next(module.parameters(), None) is not None]
    return "model" if "model" in found.modules else with_tensors[0] if len(with_tensors) == 1 else None


def scored(found: Found) -> list[nn.Module]:
    """Modules whose calls give the outputs of an evaluation: the main one, and those that follow it."""
    main = main_module(found)
    averages = [one for one in found.averages.values() if isinstance(one, nn.Module)]
    return averages if main is None else [found.modules[main], *averages]


def _name_tensors(found: Found, loose: dict[str, torch.Tensor]) -> None:
    known: dict[Any, str] = {}
    main = main_module(found)

    def add(name: str, tensor: torch.Tensor, into: dict[str, torch.Tensor]) -> None:
        name = name.replace("_orig_mod.", "")  # torch.compile's wrapper: compiled or not, a weight has one name
        first = known.setdefault(_identity(tensor), name)
        if first == name:
            into[name] = tensor
        elif first != name:
            found.ties[name] = first

    def add_module(prefix: str, module: nn.Module) -> None:
        for name, parameter in module.named_parameters(remove_duplicate=False):
            add(prefix + name, parameter, found.parameters)
        for path, part in module.named_modules():
            inner = f"{prefix}{path}." if path else prefix
            for name, buffer in part.named_buffers(recurse=False):
                add(inner + name, buffer, found.buffers)
                if name in part._non_persistent_buffers_set:
                    found.transient.add((inner + name).replace("_orig_mod.", ""))

    def add_hidden(prefix: str, module: nn.Module) -> None:
        """Layers and parameters in plain lists, which PyTorch does not register."""
        for path, part in module.named_modules():
            for key, value in vars(part).items():
                if isinstance(value, (list, tuple, dict)) and not key.startswith("_"):
                    for name, item in _hidden(f"{prefix}{path + '.' if path else ''}{key}", value):
                        if isinstance(item, nn.Module):
                            add_module(name + ".", item)
                        else:
                            add(name, item, found.parameters)

    modules = {name: "" if name == main else name + "." for name in sorted(found.modules, key=lambda name: name != main)}
    for name, prefix in modules.items():
        add_module(prefix, found.modules[name])
    for name, prefix in modules.items():
        add_hidden(prefix, found.modules[name])
    for name, tensor in loose.items():
        add(name, tensor, found.parameters)
    for name, optimizer in found.optimizers.items():
        for index, group in enumerate(optimizer.param_groups):
            for place, parameter in enumerate(group["params"]):
                if _identity(parameter) not in known:
                    add(f"{name}.{index}.{place}", parameter, found.parameters)


def _identity(tensor: torch.Tensor) -> Any:
    if tensor.layout != torch.strided or tensor.numel() == 0 or tensor.device.type == "meta":
        return id(tensor)
    return (tensor.data_ptr(), tuple(tensor.shape), tensor.stride(), tensor.dtype)


def _hidden(name: str, value: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    if isinstance(value, nn.Module) or (isinstance(value, torch.Tensor) and value.requires_grad and value.is_leaf):
        yield name, value
    elif isinstance(value, (list, tuple, dict)) and depth < 4 and len(value) <= LONGEST:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from _hidden(f"{name}.{key}", item, depth + 1)
