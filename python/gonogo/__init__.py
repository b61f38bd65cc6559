"""What experiment.py imports. Importing it costs nothing: PyTorch is only loaded by what needs it.
Not here: policy. Checks, checkpoint policy, stopping and reports are gonogo's own; this side does what it is told."""

from gonogo.config import name, note, number, path
from gonogo.data import arrays, split
from gonogo.errors import Fault
from gonogo.experiment import Experiment, Progress
from gonogo.joining import attach
from gonogo.tasks import classification, custom, regression

__version__ = "0.1.0"
__all__ = [
    "Experiment",
    "Fault",
    "Progress",
    "arrays",
    "attach",
    "classification",
    "custom",
    "name",
    "note",
    "number",
    "path",
    "regression",
    "split",
]
