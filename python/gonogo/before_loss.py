"""What made the tensor that a loss is given, as its graph says: a sigmoid, a softmax, a log_softmax along some axis.
Not here: what a loss asks for (loss_inputs.py)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

#: Nodes of a graph that only change the shape of what went in.
SHAPES = {"ViewBackward0", "ReshapeAliasBackward0", "UnsafeViewBackward0", "SqueezeBackward0", "SqueezeBackward1", "UnsqueezeBackward0", "TransposeBackward0",
          "PermuteBackward0", "TBackward0", "CloneBackward0", "ToCopyBackward0", "SelectBackward0", "IndexBackward0", "ExpandBackward0", "AliasBackward0"}
SQUASHED = {"SigmoidBackward0": "sigmoid", "SoftmaxBackward0": "softmax"}
#: Node → what it is called, and the range of its outcome.
BOUNDED = {"SigmoidBackward0": ("sigmoid", 0.0, 1.0), "SoftmaxBackward0": ("softmax", 0.0, 1.0), "TanhBackward0": ("tanh", -1.0, 1.0), "ReluBackward0": ("relu", 0.0, float("inf"))}
#: Those that leave every axis but the first what it was.
ROWS = {"IndexBackward0", "SliceBackward0", "CloneBackward0", "ToCopyBackward0", "AliasBackward0"}


def _before(given: Any, passing: set[str]) -> Iterator[Any]:
    """Nodes from the tensor back, the first that is not passing included."""
    node = given.grad_fn if isinstance(given, torch.Tensor) else None
    for _ in range(12):
        if node is None:
            return
        yield node
        if type(node).__name__ not in passing:
            return
        node = node.next_functions[0][0]


def made_by(given: Any, passing: set[str] = SHAPES) -> Any:
    """The last node that is more than a change of shape; null where nothing is known."""
    nodes = list(_before(given, passing))
    return nodes[-1] if nodes and type(nodes[-1]).__name__ not in passing else None


def squashed(given: Any) -> str | None:
    """The sigmoid or softmax that the loss is given the outcome of, whatever reshaping lies between."""
    return SQUASHED.get(type(made_by(given)).__name__)


def bounded(given: Any) -> tuple[str, float, float] | None:
    """The function whose outcome this is, and the range that it cannot leave."""
    return BOUNDED.get(type(made_by(given)).__name__)


def log_softmax_axis(given: torch.Tensor) -> int | None:
    """The axis of the log_softmax that made this, of which rows may have been picked since."""
    node = made_by(given, ROWS)
    if type(node).__name__ != "LogSoftmaxBackward0":
        return None
    made, axis = node._saved_result, int(node._saved_dim)
    axis = axis - (1 << 64) if axis >= 1 << 63 else axis
    alike = made.ndim == given.ndim and made.shape[1:] == given.shape[1:]
    return axis % made.ndim if alike else None
