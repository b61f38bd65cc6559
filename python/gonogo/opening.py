"""Imports an experiment's file and builds what it declares, with every generator seeded first.
Not here: what the opened experiment is asked (subject.py)."""

from __future__ import annotations

import importlib.util
import os
import sys
from typing import Any

from gonogo import config as configs
from gonogo import command_line
from gonogo.config_reads import Reads
from gonogo.errors import Fault, is_project_file, place_in_class
from gonogo.experiment import Experiment, config_of
from gonogo.tasks import Task

INSTALL = "pip install torch numpy safetensors"

#: Why this process cannot be followed by a fresh one; null where it can. Set by joining.py.
stays: str | None = None
#: The experiment that a program handed to attach(): it stands for whatever the file defines.
given: type[Experiment[Any]] | None = None


def need_torch() -> None:
    """A clear error where PyTorch or one of its companions is missing or too old."""
    for name in ("numpy", "torch", "safetensors"):
        try:
            __import__(name)
        except ImportError as error:
            missing = "PyTorch" if name == "torch" else name
            code = "TORCH_MISSING" if name == "torch" or importlib.util.find_spec("torch") is None else "PACKAGE_MISSING"
            raise Fault(
                code, f"this Python has no {missing}", seen=f"{sys.executable}: {error}", expected="torch 2.2 or newer, numpy, safetensors",
                where=sys.executable, **{"try": f"{sys.executable} -m {INSTALL}"},
            ) from None
    import torch

    version = tuple(int(part) for part in torch.__version__.split("+")[0].split(".")[:2])
    if version < (2, 2):
        raise Fault("TORCH_TOO_OLD", "this PyTorch is too old", seen=torch.__version__, expected="2.2 or newer", **{"try": f"{sys.executable} -m pip install -U torch"})


def load_class(path: str, values: dict[str, Any] | None = None) -> type[Experiment[Any]]:
    """The experiment class of a file: the one named `experiment`, or the only one that the file defines.

    `values` is the run file's config: a script may take it as its command line while it is imported.
    """
    if given is not None:
        return given
    if not os.path.isfile(path):
        raise Fault("EXPERIMENT_NOT_FOUND", "there is no experiment at this path", seen=path, where=path)
    folder = os.path.dirname(os.path.abspath(path))
    if folder not in sys.path:
        sys.path.insert(0, folder)
    name = os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise Fault("EXPERIMENT_IMPORT", "an experiment is a .py file", seen=path, where=path)
    module = importlib.util.module_from_spec(spec)
    # Before it runs: dataclasses and pickling look their module up by name.
    sys.modules[name] = module
    # A parser that asks nobody reads the command line, which is ours: it gets the script's own, and so its defaults, then and later.
    sys.argv = [os.path.abspath(path)]
    with command_line.giving(values or {}):
        spec.loader.exec_module(module)
    return _chosen(module, path)


_described: tuple[tuple[Any, ...], type[Experiment[Any]]] | None = None


def load_for(request: dict[str, Any]) -> type[Experiment[Any]]:
    """The class of an OpenRequest, imported as training will: threads, kernels and generators set first.

    What was just imported to be described is not imported again to be opened.
    """
    import torch

    from gonogo import determinism, seeds

    global _described
    described, _described = _described, None
    torch.set_num_threads(request["threads"])
    # For manual programs as well: what is judged is what will train, and both are opened here.
    determinism.set_mode(request.get("options", {}).get("deterministic", "warn"))
    if described is not None and described[0] == _asked(request):
        return described[1]
    seeds.seed_all(request["seed"], "import")
    return load_class(request["experiment"], request["config"])


def _asked(request: dict[str, Any]) -> tuple[Any, ...]:
    return (request["experiment"], request["seed"], request["threads"])


def _chosen(module: Any, path: str) -> type[Experiment[Any]]:
    named = getattr(module, "experiment", None)
    if isinstance(named, type) and issubclass(named, Experiment):
        return named
    own = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Experiment) and value.__module__ == module.__name__
    ]
    leaves = [kind for kind in dict.fromkeys(own) if not any(kind in other.__mro__[1:] for other in own)]
    if not leaves:
        raise Fault(
            "EXPERIMENT_EXPORT", "the file defines no experiment", where=path, seen="no class that derives from gonogo.Experiment",
            expected="class Mine(gonogo.Experiment[Config])",
        )
    if len(leaves) > 1:
        raise Fault(
            "EXPERIMENT_AMBIGUOUS", "the file defines several experiments", where=path, seen=", ".join(kind.__name__ for kind in leaves),
            expected="one class, or its name: experiment = " + leaves[-1].__name__,
        )
    return leaves[0]


def task_of(kind: type) -> Task:
    task = getattr(kind, "task", None)
    if not isinstance(task, Task):
        raise Fault(
            "EXPERIMENT_INCOMPLETE", f"{kind.__name__} has no task", seen=repr(task) if task is not None else "no task",
            expected="task = gonogo.classification(classes=…), gonogo.regression() or gonogo.custom()",
        )
    return task


def metrics_of(kind: type[Experiment[Any]]) -> list[dict[str, str]]:
    found = {**task_of(kind).metrics, **kind.directions}
    wanted = (kind.objective or "loss").removeprefix("val_")
    if wanted not in {name.removeprefix("val_") for name in found} and found:
        raise Fault(
            "METRIC_DIRECTION", f"nothing says whether more of {wanted} is better", seen=f'objective "{wanted}"',
            expected=f"one of {', '.join(found)}, or a direction", **{"try": f'directions={{"{wanted}": "max"}}, or "min"'},
        )
    return [{"name": f"val_{name.removeprefix('val_')}", "direction": direction} for name, direction in found.items()]


def describe(path: str, values: dict[str, Any], following: dict[str, Any] | None = None) -> dict[str, Any]:
    """A Description: schema, task and metrics; builds no data and no model. `following`: the request to open that comes next."""
    global _described
    environment = _environment()
    if following is None:
        kind = load_class(path, values)
    else:
        kind = load_for(following)
        _described = (_asked(following), kind)
    schema, _ = schema_of(kind)
    objective = (kind.objective or task_of(kind).objective).removeprefix("val_")
    return {
        "schema": schema,
        "task": task_of(kind).json(),
        "metrics": metrics_of(kind),
        "objective": f"val_{objective}",
        "issues": _issues(kind, values),
        "imports": _imports() if _environment() == environment else None,
    }


def _environment() -> dict[str, str]:
    """As the experiment may have changed it; what gonogo itself sets for the sake of determinism is left out."""
    from gonogo.determinism import READ_AT_START

    return {name: value for name, value in os.environ.items() if name not in READ_AT_START}


def _imports() -> list[str]:
    """Modules that are here, in the order in which they were begun, without those that the user wrote."""
    found = []
    for name, module in list(sys.modules.items()):
        spec = getattr(module, "__spec__", None)
        if spec is not None and spec.name == name and spec.origin and not is_project_file(spec.origin) and not name.startswith("__"):
            found.append(name)
    return found


def schema_of(kind: type[Experiment[Any]]) -> tuple[dict[str, Any] | None, str | None]:
    """JSON Schema of config, or null and who reads and checks it instead."""
    source = getattr(kind, "config_source", None)
    if source is not None:
        return None, source.reason
    if command_line.asked():
        return None, command_line.REASON
    schema = configs.schema(config_of(kind))
    return schema, None if schema is not None else "the experiment reads its configuration itself, and declares no schema"


def _issues(kind: type[Experiment[Any]], values: dict[str, Any]) -> list[dict[str, Any]]:
    """What only the Config itself can say, in __post_init__; or what composes it, of its own kind."""
    source = getattr(kind, "config_source", None)
    if source is not None:
        return source.issues(kind, values)
    if schema_of(kind)[0] is None:
        return []
    config = config_of(kind)
    try:
        configs.build(config, values)
    except configs.Mismatch:
        pass  # gonogo checks the schema, and knows the line
    except Exception as error:
        return [{"path": [], "message": str(error) or type(error).__name__}]
    return []


def reads_of(kind: type) -> Reads | None:
    """Notes from now on which keys are read; null where there is no Config of declared keys."""
    config = config_of(kind)
    if schema_of(kind)[0] is None or config is None:
        return None
    reads = Reads()
    reads.watch(config)
    return reads


def config_for(kind: type, values: dict[str, Any]) -> Any:
    source = getattr(kind, "config_source", None)
    if source is not None:
        return source.compose(kind, values)
    config = config_of(kind)
    if command_line.asked() and config is None:
        return dict(values)
    if config is dict:
        return dict(values)
    try:
        return configs.build(config, values)
    except configs.Mismatch as error:
        raise Fault("CONFIG_MISMATCH", "config does not fit the experiment's Config", seen=str(error), **place_in_class(config)) from None
