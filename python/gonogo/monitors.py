"""What watches a metric in a project's own trainer: callbacks that keep the best checkpoint, or stop early. gonogo does both in their
place; what they were told is looked at all the same. Not here: what gonogo itself watches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gonogo import kept_by_hand

ROLES = {"EarlyStopping": "stopper", "ModelCheckpoint": "keeper"}


def of_callbacks(callbacks: Iterable[Any]) -> list[dict[str, Any]]:
    """Facts of each keeper and stopper among them that watches a metric."""
    found = []
    for one in callbacks:
        role = next((ROLES[kind.__name__] for kind in type(one).__mro__ if kind.__name__ in ROLES), None)
        metric, direction = getattr(one, "monitor", None), getattr(one, "mode", None)
        if role is not None and isinstance(metric, str):
            found.append(fact(role, type(one).__name__, metric, direction if direction in ("min", "max") else None))
    return found


def by_hand() -> list[dict[str, Any]]:
    """Facts of each comparison with the best so far in the project's own code."""
    return [fact("own", f"the best so far at {place}", metric, direction) for place, metric, direction in kept_by_hand.found()]


def fact(role: str, kind: str, metric: str, direction: str | None) -> dict[str, Any]:
    return {"role": role, "kind": kind, "metric": metric, "direction": direction}
