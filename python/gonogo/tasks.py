"""What an experiment is for: a task fixes the outputs, the metrics and what chance means.
Not here: losses (managed.py) and chance levels (gonogo's preflight)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Task:
    """Made by classification(), regression() or custom()."""

    kind: Literal["classification", "regression", "custom"]
    pretrained: bool = False
    classes: int = 0
    smoothing: float = 0.0
    outputs: int = 1
    initial: Mapping[str, float] = field(default_factory=dict)
    floor: float | Literal["unknown"] = "unknown"

    def json(self) -> dict[str, Any]:
        if self.kind == "classification":
            own: dict[str, Any] = {"classes": self.classes, "smoothing": self.smoothing}
        elif self.kind == "regression":
            own = {"outputs": self.outputs}
        else:
            own = {"expect": {"initial": dict(self.initial), "floor": self.floor}}
        return {"kind": self.kind, **own, "pretrained": self.pretrained}

    @property
    def metrics(self) -> dict[str, str]:
        """Metric → the direction that is better."""
        return {"loss": "min", "accuracy": "max"} if self.kind == "classification" else {"loss": "min"}

    @property
    def objective(self) -> str:
        return "accuracy" if self.kind == "classification" else "loss"


def classification(classes: int, smoothing: float = 0.0, pretrained: bool = False) -> Task:
    """Logits [batch, classes, …] against integer labels [batch, …]. `smoothing` is of the training loss."""
    if classes < 2 or not 0 <= smoothing < 1:
        raise ValueError(f"classification() needs classes ≥ 2 and 0 ≤ smoothing < 1, not {classes} and {smoothing}")
    return Task("classification", pretrained=pretrained, classes=classes, smoothing=float(smoothing))


def regression(outputs: int = 1, pretrained: bool = False) -> Task:
    """Outputs against targets of the same shape, mean squared error."""
    return Task("regression", pretrained=pretrained, outputs=outputs)


def custom(
    initial: Mapping[str, float] | None = None, floor: float | Literal["unknown"] = "unknown", pretrained: bool = False
) -> Task:
    """A task with a loss of its own. `initial`: expected value of each loss term at initialisation; `floor`: lowest loss on one batch."""
    return Task("custom", pretrained=pretrained, initial=dict(initial or {}), floor=floor)
