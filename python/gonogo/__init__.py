"""What experiment.py imports. Importing it costs nothing: PyTorch is only loaded by what needs it.
Not here: policy. Checks, checkpoint policy, stopping and reports are gonogo's own; this side does what it is told."""

from gonogo.command_line import arguments
from gonogo.composed import hydra
from gonogo.config import name, note, number, path
from gonogo.data import arrays, split
from gonogo.errors import Fault
from gonogo.experiment import Experiment, Progress
from gonogo.joining import attach
from gonogo.own_checks import check, go, no_go, skipped, warn
from gonogo.script import adapt
from gonogo.tasks import classification, custom, regression

__all__ = [
    "Experiment",
    "Fault",
    "Progress",
    "adapt",
    "arguments",
    "arrays",
    "attach",
    "check",
    "classification",
    "custom",
    "go",
    "hydra",
    "name",
    "no_go",
    "note",
    "number",
    "path",
    "regression",
    "skipped",
    "split",
    "warn",
]


def __getattr__(name: str) -> str:
    """`gonogo.__version__`, from the one place that says it: package.json."""
    if name != "__version__":
        raise AttributeError(f"module 'gonogo' has no attribute {name!r}")
    from gonogo.command import version

    return version()
