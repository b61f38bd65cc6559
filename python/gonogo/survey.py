"""Statistics of a split: by channel of the input, by field, target against input, and how a sample decodes twice.
Not here: single samples (samples.py). The run's generators are put back."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch.utils.data import Subset, TensorDataset

from gonogo import batches, seeds
from gonogo.collated import collated
from gonogo.data import Arrays, Part
from gonogo.padding import padding_of, tensor_of
from gonogo.placement import Answer, placements
from gonogo.reach import covered, spread_over
from gonogo.spoilt import spoilt
from gonogo.untouched import untouched, workers_of

#: Samples of one look at data that is reached many at a time.
CHUNK = 256
IGNORED = -100


def survey(subject: Any, probe: dict[str, Any]) -> dict[str, Any]:
    """A Survey of evenly spaced samples of what a split's loader covers."""
    name = probe.get("split", "train")
    dataset, indices = subject.split(name), spread_over(covered(subject, name), probe.get("limit", 1000))
    channels, fields, shifted, padded, answer = _Channels(), _Fields(), _Shifted(), _Padded(), Answer()
    seen, seconds = 0, probe.get("seconds", 60)
    with seeds.kept(), untouched(dataset, workers_of(subject, name)):
        for ids, batch, _ in looked_at(dataset, indices, seconds):
            seen += len(ids)
            for one in (channels, fields, shifted, padded, answer):
                one.add(batch, ids)
        tried, changing, reseeding = _twice(dataset, indices[:8], subject.experiment.seed, seconds)
        drawing: Any = dataset if changing else None
        # what draws may be the collate function; one that draws what is asked for, too (masked words), is no augmentation
        if not changing and (made := collated(subject, name, dataset)) is not None:
            drawing = made
            tried, changing, reseeding = _twice(made, indices[:8], subject.experiment.seed, seconds, same_target=True)
        altered = spoilt(dataset, indices[:8], subject.experiment.seed, min(seconds, 2))
        places = placements(drawing, indices[:8], subject.experiment.seed, min(seconds, 2)) if drawing is not None else None
    return {
        "samples": seen,
        "channels": channels.report(),
        "fields": fields.report(),
        "shifted": shifted.report(),
        "padding": padded.report(),
        "tried": tried,
        "changing": changing,
        "reseeding": reseeding,
        "places": places,
        "answer": answer.report(),
        "spoilt": altered,
    }


def looked_at(dataset: Any, indices: Sequence[int], seconds: float) -> Iterator[tuple[list[int], Any, Any]]:
    """Ids and their samples as a batch, and the sample itself where it is one alone; what was not reached in time lies evenly between what was."""
    fetch, until = many(dataset), time.monotonic() + seconds
    size = 1 if fetch is None else CHUNK
    starts = range(0, len(indices), size)
    for place in _scattered(len(starts)):
        ids = [int(index) for index in indices[starts[place] : starts[place] + size]]
        if fetch is None:
            sample = dataset[ids[0]]
            yield ids, one_row(sample), sample
        else:
            yield ids, fetch(ids), None
        if time.monotonic() > until:
            return


def _scattered(count: int) -> Iterator[int]:
    """0 … count−1 so that every beginning of it is spread over the whole."""
    step = max(1, round(count * 0.6180339887))
    while math.gcd(step, count) > 1:
        step += 1
    return (place * step % count for place in range(count))


def many(dataset: Any) -> Callable[[list[int]], Any] | None:
    """How to reach many samples at once, without a loop over them."""
    if isinstance(dataset, (Arrays, Part)) and hasattr(dataset, "batch"):
        return dataset.batch
    if type(dataset) is TensorDataset:
        return lambda ids: tuple(tensor[ids] for tensor in dataset.tensors)
    if type(dataset) is Subset and (inner := many(dataset.dataset)) is not None:
        return lambda ids: inner([int(dataset.indices[index]) for index in ids])
    return None


def one_row(sample: Any) -> Any:
    """A sample as a batch of one, as far as its parts are numbers."""
    rows = {}
    for name, value in batches.fields(sample).items():
        numbers = tensor_of(value)
        if numbers is not None:
            rows[name] = numbers[None]
    if isinstance(sample, (list, tuple)) and not hasattr(sample, "_fields"):
        return tuple(rows.values()) if len(rows) == len(batches.fields(sample)) else rows
    return rows


def _twice(dataset: Any, indices: Sequence[int], seed: int, seconds: float, same_target: bool = False) -> tuple[int, int, int]:
    """How many of these samples there was time for; of them, how many decode differently from other generators, and how many seed the global ones anew."""
    tried = changing = reseeding = 0
    until = time.monotonic() + seconds
    for index in indices:
        if time.monotonic() > until:
            break
        tried += 1
        hashes, targets, ended, made = set(), set(), [], 0
        for name in ("once", "again"):
            # by sample: of one draw among a few, two generators may give the same, for all samples at once
            seeds.seed_all(seed, f"survey/{name} {int(index)}")
            with counting() as count:
                sample = dataset[int(index)]
                hashes.add(batches.bytes_digest(batches.input_of(sample)))
                if same_target:
                    targets.add(batches.bytes_digest(batches.target_of(sample)))
            made += count[0]
            ended.append((torch.initial_seed(), np.random.get_state()[1][:4].tolist(), hash(_python_state())))  # type: ignore[index]
        changing += len(hashes) > 1 and len(targets) <= 1
        reseeding += made >= 2 or any(one == other for one, other in zip(*ended))
    return tried, changing, reseeding


@contextmanager
def counting() -> Iterator[list[int]]:
    """How many generators are made inside, by their usual names."""
    count, names = [0], [(np.random, "default_rng"), (np.random, "RandomState"), (random, "Random"), (torch, "Generator")]
    kept = [getattr(module, name) for module, name in names]

    def counted(original: Any) -> Any:
        if not isinstance(original, type):
            def call(*given: Any, **named: Any) -> Any:
                count[0] += 1
                return original(*given, **named)

            return call

        def new(kind: Any, *given: Any, **named: Any) -> Any:
            count[0] += 1
            return original.__new__(kind, *given, **named)

        return type(original.__name__, (original,), {"__new__": new})

    try:
        for (module, name), original in zip(names, kept):
            setattr(module, name, counted(original))
        yield count
    finally:
        for (module, name), original in zip(names, kept):
            setattr(module, name, original)


def _python_state() -> tuple[int, ...]:
    return random.getstate()[1][:8]


class _Channels:
    """Sums by channel, over samples."""

    def __init__(self) -> None:
        self._sums: dict[str, torch.Tensor] = {}
        self._samples = 0

    def add(self, batch: Any, ids: list[int]) -> None:
        values = tensor_of(batches.input_of(batch))
        if values is None or not values.numel():
            return  # text, or an object: no numbers
        values, axis = values.detach().to("cpu", torch.float64), _channel_axis(tuple(values.shape[1:]))
        flat = values.reshape(len(values), 1, -1) if axis is None else values.movedim(axis + 1, 1).reshape(len(values), values.shape[axis + 1], -1)
        if self._sums and len(self._sums["mean"]) != flat.shape[1]:
            return
        means, squares = flat.mean(2), (flat**2).mean(2)
        sums = {"mean": means, "square": squares, "mean2": means**2, "square2": squares**2}
        now = {**{name: one.sum(0) for name, one in sums.items()}, "min": flat.amin((0, 2)), "max": flat.amax((0, 2))}
        join = {"min": torch.minimum, "max": torch.maximum}
        self._sums = {key: join.get(key, torch.add)(self._sums[key], value) for key, value in now.items()} if self._sums else now
        self._samples += len(values)

    def report(self) -> list[dict[str, float]]:
        if not self._sums:
            return []
        mean, square, mean2, square2 = (self._sums[name] / self._samples for name in ("mean", "square", "mean2", "square2"))
        columns = {
            "mean": mean,
            "std": _root(square - mean**2),
            "min": self._sums["min"],
            "max": self._sums["max"],
            "meanSpread": _root(mean2 - mean**2),
            "squareSpread": _root(square2 - square**2),
        }
        return [dict(zip(columns, row)) for row in zip(*(one.tolist() for one in columns.values()))]


def _root(values: torch.Tensor) -> torch.Tensor:
    return values.clamp(min=0).sqrt()


def _channel_axis(shape: tuple[int, ...]) -> int | None:
    if len(shape) == 1:
        return 0 if shape[0] <= 256 else None
    if len(shape) < 3:
        return None
    return 0 if shape[0] <= 16 else len(shape) - 1 if shape[-1] <= 16 else None


class _Fields:
    """Shares of zeros, of −100 and of what is not finite, and the range of the rest, by field."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, Any]] = {}

    def add(self, batch: Any, ids: list[int]) -> None:
        roles = {batches.target_name(batch): "target", batches.input_name(batch): "input"}
        for name, value in batches.fields(batch).items():
            values = tensor_of(value)
            if values is None or values.ndim == 0 or len(values) != len(ids):
                continue
            known = self._found.setdefault(
                name,
                {
                    "name": name, "shape": list(values.shape[1:]), "dtype": str(values.dtype).removeprefix("torch."), "of": 0, "zero": 0, "ignored": 0, "bad": 0,
                    "role": roles.get(name, "other"), "range": None, "nonFiniteAt": None, "whole": True,
                },
            )
            self._count(known, values.detach().cpu().reshape(len(ids), -1), ids)

    def _count(self, known: dict[str, Any], values: torch.Tensor, ids: list[int]) -> None:
        if not values.numel():
            return
        finite = torch.isfinite(values)
        known["of"] += values.numel()
        known["zero"] += int((values == 0).sum())
        known["ignored"] += int((values == IGNORED).sum())
        known["bad"] += int((~finite).sum())
        if not bool(finite.all()):
            at = ids[int((~finite).any(1).nonzero()[0])]
            known["nonFiniteAt"] = at if known["nonFiniteAt"] is None else min(at, known["nonFiniteAt"])
        if values.is_complex():
            known["whole"] = False
            return
        counted = finite & (values != IGNORED)
        if not bool(counted.any()):
            return
        if values.is_floating_point():
            known["whole"] = known["whole"] and bool((values[counted] == values[counted].round()).all())
        numbers = values.to(torch.float64)
        low, high = torch.where(counted, numbers, math.inf), torch.where(counted, numbers, -math.inf)
        lowest, highest = int(low.argmin()), int(high.argmax())
        found = {
            "min": float(low.reshape(-1)[lowest]), "minAt": ids[lowest // values.shape[1]],
            "max": float(high.reshape(-1)[highest]), "maxAt": ids[highest // values.shape[1]],
        }
        before = known["range"] or found
        lower = before if (before["min"], before["minAt"]) <= (found["min"], found["minAt"]) else found
        higher = before if (-before["max"], before["maxAt"]) <= (-found["max"], found["maxAt"]) else found
        known["range"] = {"min": lower["min"], "max": higher["max"], "minAt": lower["minAt"], "maxAt": higher["maxAt"]}

    def report(self) -> list[dict[str, Any]]:
        shares = {"zero": "zero", "ignored": "ignored", "nonFinite": "bad"}
        plain = ("name", "shape", "dtype", "role", "range", "nonFiniteAt", "whole")
        return [{**{key: one[key] for key in plain}, **{key: one[count] / max(1, one["of"]) for key, count in shares.items()}} for one in self._found.values()]


class _Shifted:
    """Target against input along the first axis of a sample."""

    def __init__(self) -> None:
        self._counts = [0, 0, 0, 0]

    def add(self, batch: Any, ids: list[int]) -> None:
        given, target = tensor_of(batches.input_of(batch)), tensor_of(batches.target_of(batch))
        if given is None or target is None or given.shape != target.shape or given.ndim < 2 or given.shape[1] < 2:
            return
        now, following, wanted = given[:, :-1], given[:, 1:], target[:, :-1]
        known = wanted != IGNORED
        counts = (known, known & (wanted == following), known & (wanted == now), known & (now == following))
        self._counts = [before + int(one.sum()) for before, one in zip(self._counts, counts)]

    def report(self) -> dict[str, float] | None:
        of, *counts = self._counts
        return None if of == 0 else dict(zip(("next", "same", "still"), (count / of for count in counts)))


class _Padded:
    """How much is padding, and how much of that has a target that is scored."""

    def __init__(self) -> None:
        self._field: str | None = None
        self._of = self._padded = self._scored = self._targets = 0

    def add(self, batch: Any, ids: list[int]) -> None:
        found = padding_of(batch)
        if found is None:
            return
        self._field, padded = found
        self._of += padded.numel()
        self._padded += int(padded.sum())
        target = tensor_of(batches.target_of(batch))
        if target is not None and target.shape[:2] == padded.shape:
            scored = (target != IGNORED).reshape(*padded.shape, -1)[padded]
            self._scored += int(scored.sum())
            self._targets += scored.numel()

    def report(self) -> dict[str, Any] | None:
        if self._field is None:
            return None
        return {"field": self._field, "share": self._padded / self._of, "scored": self._scored / self._targets if self._targets else None}
