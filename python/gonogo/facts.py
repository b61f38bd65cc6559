"""Facts of an opened experiment: tensors, code, packages, data, environment, and where each function stands.
Not here: what the subject does when asked (subject.py)."""

from __future__ import annotations

import fnmatch
import hashlib
import inspect
import os
import platform
import sys
from pathlib import Path
from typing import Any

import torch

from gonogo import determinism, device, makers
from gonogo.errors import Fault, is_project_file, project_modules, shown
from gonogo.experiment import defines
from gonogo.found import Found, main_module
from gonogo.quiet import noise_of
from gonogo.streams import streams as streams

METHODS = ("setup", "datasets", "model", "optimizers", "loss", "metrics", "train_step", "on_epoch_end", "evaluate", "save", "load")


def tensors(found: Found, frozen: tuple[str, ...], kind: type) -> list[dict[str, Any]]:
    holders: dict[int, list[str]] = {}
    for name, optimizer in found.optimizers.items():
        for parameter in {id(one) for group in optimizer.param_groups for one in group["params"]}:
            holders.setdefault(parameter, []).append(name)
    decays = {id(one): group.get("weight_decay") for held in found.optimizers.values() for group in held.param_groups for one in group["params"]}
    where = makers.of_tensors(found, kind)
    named = [(name, one, "parameter", None) for name, one in found.parameters.items()]
    named += [(name, one, "buffer", None) for name, one in found.buffers.items()]
    for tied, first in found.ties.items():
        kind = "parameter" if first in found.parameters else "buffer"
        named.append((tied, found.parameters.get(first, found.buffers.get(first)), kind, first))
    return [
        {
            "name": name,
            "kind": kind,
            "shape": list(one.shape),
            "dtype": str(one.dtype).removeprefix("torch."),
            "trainable": kind == "parameter" and one.requires_grad,
            "frozen": any(fnmatch.fnmatchcase(name, pattern) for pattern in frozen),
            "tiedTo": first,
            "optimizers": holders.get(id(one), []),
            "weightDecay": _number(decays.get(id(one))),
            "where": where.get(first or name),
        }
        for name, one, kind, first in named
    ]


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def optimizers(found: Found) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "kind": type(one).__name__,
            "learningRates": [float(group.get("initial_lr", group.get("lr", 0.0))) for group in one.param_groups],
            "weightDecays": [float(group.get("weight_decay", 0.0)) for group in one.param_groups],
        }
        for name, one in found.optimizers.items()
    ]


def modules(found: Found) -> list[dict[str, Any]]:
    """Parts of the models that couple a batch, draw noise, are compiled or recurrent; with paths as in tensor names."""
    main, seen = main_module(found), []
    for name, model in found.modules.items():
        prefix = "" if name == main else name
        for path, part in model.named_modules():
            traits = [trait for trait, held in _traits(part).items() if held]
            if traits:
                seen.append({"name": ".".join(one for one in (prefix, path) if one), "kind": type(part).__name__, "traits": traits})
    return seen[:10_000]


def _traits(part: Any) -> dict[str, bool]:
    return {
        "couplesBatch": isinstance(part, torch.nn.modules.batchnorm._BatchNorm),
        "drawsNoise": isinstance(part, torch.nn.RReLU) or any(getattr(part, key) > 0 for key in noise_of(part) if key != "label_smoothing"),
        "compiled": type(part).__name__ == "OptimizedModule",
        "recurrent": isinstance(part, torch.nn.RNNBase),
    }


def declared(kind: Any, found: Found) -> dict[str, Any]:
    """What the experiment says of itself; a model of Transformers says by its name that it is causal."""
    models = [type(model).__name__ for model in found.modules.values()]
    named = any(name.endswith(("ForCausalLM", "LMHeadModel")) for name in models)
    causal = getattr(kind, "causal", None)
    return {"causal": True if causal is None and named else causal, "couplesBatch": bool(getattr(kind, "couples_batch", False))}


def loading(feed: Any) -> dict[str, Any]:
    """A LoadingFact."""
    loader = getattr(feed, "loader", None)
    if loader is None:
        return {"workers": 0, "shuffles": True, "dropsLast": False}
    sampler = getattr(loader, "sampler", None)
    deals = isinstance(sampler, torch.utils.data.distributed.DistributedSampler)
    told = {"workers": getattr(loader, "num_workers", None), "shuffles": _shuffles(sampler), "dropsLast": getattr(loader, "drop_last", None)}
    return {**told, **({"deals": True} if deals else {}), **_weighed(loader, sampler)}


def _weighed(loader: Any, sampler: Any) -> dict[str, Any]:
    """A sampler by weights draws places up to their number, and none beyond it."""
    weights, dataset = getattr(sampler, "weights", None), getattr(loader, "dataset", None)
    if not isinstance(sampler, torch.utils.data.WeightedRandomSampler) or not isinstance(weights, torch.Tensor) or not hasattr(dataset, "__len__"):
        return {}
    return {"weights": {"count": int(weights.numel()), "samples": len(dataset)}}


def _shuffles(sampler: Any) -> bool | None:
    """What a sampler says by its attribute, or by its name."""
    said, name = getattr(sampler, "shuffle", None), type(sampler).__name__.lower()
    if isinstance(said, bool):
        return said
    if type(sampler) is torch.utils.data.SequentialSampler:
        return False
    return True if "random" in name or "shuffl" in name else None


def places(kind: type) -> dict[str, str]:
    """`file:line` of each method that the experiment defines; `optimizer` and `data` point to where they are made."""
    found = {method: place for method in METHODS if defines(kind, method) and (place := place_of(getattr(kind, method))) is not None}
    for name, makers in {"model": ("model", "setup"), "optimizer": ("optimizers", "setup"), "data": ("datasets", "setup")}.items():
        made = next((found[maker] for maker in makers if maker in found), None)
        if made is not None:
            found.setdefault(name, made)
    return {**found, **kind._places}


def place_of(function: Any) -> str | None:
    try:
        function = inspect.unwrap(function)
        path = inspect.getsourcefile(function)
        lines, first = inspect.getsourcelines(function)
    except (OSError, TypeError):
        return None
    if path is None or not is_project_file(path):
        return None
    # Decorators come first; the reader looks for the `def`.
    offset = next((index for index, line in enumerate(lines) if line.lstrip().startswith(("def ", "async def ", "class "))), 0)
    return f"{shown(path)}:{first + offset}"


def code(experiment: str, kind: Any = None) -> list[dict[str, str]]:
    """Every file of the project that is loaded, with its hash, and those that its configuration is composed of; paths relative to the experiment."""
    folder = os.path.dirname(os.path.abspath(experiment))
    source = getattr(kind, "config_source", None)
    paths = {os.path.abspath(experiment), *(str(path) for path in (source.files(kind) if source is not None else ()))}
    paths.update(os.path.abspath(str(module.__file__)) for _, module in project_modules())
    return [
        {"path": Path(os.path.relpath(path, folder)).as_posix(), "sha256": hashlib.sha256(Path(path).read_bytes()).hexdigest()}
        for path in sorted(paths)
        if os.path.isfile(path)
    ]


def packages() -> dict[str, str]:
    from gonogo import __version__

    found = {"python": platform.python_version(), "gonogo": __version__}
    for name, module in list(sys.modules.items()):
        if "." in name or name.startswith("_") or name == "gonogo":
            continue
        held = getattr(module, "__dict__", {})  # one that loads its parts as they are asked for is not asked
        version, path = held.get("__version__"), held.get("__file__") or ""
        if isinstance(version, str) and ("site-packages" in path or "dist-packages" in path):
            found[name] = version
    return dict(sorted(found.items()))


def environment(experiment: Any, precision: str) -> dict[str, Any]:
    capability = getattr(torch.backends.cpu, "get_cpu_capability", lambda: "unknown")()
    return {
        "engine": "torch",
        "device": experiment.device.type,
        **device.facts(experiment.device),
        "threads": torch.get_num_threads(),
        "precision": precision,
        "platform": f"{platform.system()}-{platform.machine()}",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "cpu": capability,
        "mkldnn": bool(torch.backends.mkldnn.is_available()),
        "deterministic": determinism.mode(),
        **experiment._environment,
    }
