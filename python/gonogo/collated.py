"""A split one sample at a time, as its collate function hands it on: augmentation of whole batches lies there.
Not here: what is asked of the samples (survey.py)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils.data import default_collate, default_convert

from gonogo import batches
from gonogo.experiment import defines
from gonogo.lanes import Collate
from gonogo.padding import tensor_of


class Collated:
    """`dataset[index]` after the collate function, which is given this sample alone; without the axis of the batch."""

    def __init__(self, dataset: Any, collate: Callable[[list[Any]], Any]):
        self._dataset, self._collate = dataset, collate

    def __len__(self) -> int:
        return len(self._dataset)

    def __getitem__(self, index: int) -> Any:
        batch = self._collate([self._dataset[index]])
        fields = {name: values for name, one in batches.fields(batch).items() if (values := tensor_of(one)) is not None}
        if not fields or any(values.ndim == 0 or len(values) != 1 for values in fields.values()):
            raise ValueError("the collate function makes no batch of one")
        rows = {name: values[0] for name, values in fields.items()}
        whole = isinstance(batch, (list, tuple)) and not hasattr(batch, "_fields") and len(rows) == len(batches.fields(batch))
        return tuple(rows.values()) if whole else rows


def collated(subject: Any, split: str, dataset: Any) -> Collated | None:
    """Null where the collate function is PyTorch's own, or makes no batch of one sample that has rows."""
    collate = _own(subject, split)
    if collate is None or not hasattr(dataset, "__getitem__"):
        return None
    made = Collated(dataset, collate)
    try:
        made[0]
    except Exception:  # it may need several samples, or a batch that is no tensors
        return None
    return made


def _own(subject: Any, split: str) -> Callable[[list[Any]], Any] | None:
    experiment = subject.experiment
    if defines(type(experiment), "datasets"):
        return experiment.collate if defines(type(experiment), "collate") else None
    loader = getattr(experiment, f"{split}_loader", None)
    collate = getattr(loader, "collate_fn", None)
    if isinstance(collate, Collate):
        collate = collate.given
    if not callable(collate) or collate in (default_collate, default_convert) or not isinstance(loader, torch.utils.data.DataLoader):
        return None
    return collate
