"""Looks at the data alone: digests of samples, the order of epochs, statistics of a split. The run's place and generators are put back.
Not here: which batch is trained on next (feed.py)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from gonogo import batches, seeds, state
from gonogo.errors import Fault
from gonogo.found import find
from gonogo.order import flat

#: Digests in one group.
GROUPED = 64

#: Where a data set or a sample tells which samples belong together.
GROUPS = ("group", "groups", "group_id", "group_ids", "patient_id", "subject_id", "speaker_id", "document_id")


def group_of(dataset: Any, index: int) -> str | None:
    """Which group the data set says a sample is of, through parts and subsets."""
    while True:
        for name in GROUPS:
            held = getattr(dataset, name, None)
            if isinstance(held, (list, tuple, np.ndarray, torch.Tensor)) and len(held) == len(dataset):
                value = held[index]
                return str(value.item() if hasattr(value, "item") else value)
        indices = getattr(dataset, "indices", None)
        if indices is None or not hasattr(dataset, "dataset"):
            return None
        dataset, index = dataset.dataset, int(indices[index])


def digest_of(index: int, sample: Any, group: str | None = None) -> dict[str, Any]:
    """A SampleDigest of one decoded sample."""
    given, target = batches.input_of(sample), batches.target_of(sample)
    numbers = given if isinstance(given, torch.Tensor) else torch.as_tensor(np.asarray(given))
    numbers = numbers.detach().to(torch.float64)
    wanted = None if target is None else torch.as_tensor(target).tolist()
    if group is None and isinstance(sample, dict):
        group = next((str(sample[name]) for name in GROUPS if name in sample), None)
    return {
        "id": index,
        "hash": batches.bytes_digest(given),
        "mean": float(numbers.mean()),
        "std": float(numbers.std(correction=0)),
        "nonFinite": int((~torch.isfinite(numbers)).sum()),
        "target": wanted if not isinstance(wanted, list) else torch.as_tensor(target).reshape(-1).tolist(),
        **({} if group is None else {"group": group}),
    }


def digests(subject: Any, probe: dict[str, Any], cancelled: Callable[[], bool]) -> Iterator[list[dict[str, Any]]]:
    """SampleDigests of a split's first samples, or of those that a frozen batch holds."""
    dataset, frozen = subject.split(probe.get("split", "train")), probe.get("frozen")
    if frozen is None:
        chosen = list(range(min(probe.get("limit", 1000), len(dataset))))
    else:
        ids = subject.feed().frozen(frozen).ids
        if ids is None:
            raise Fault("SAMPLES_UNKNOWN", "the ids of a frozen batch are not known", seen=subject.feed().blind)
        chosen = [int(index) for index in ids]
    group: list[dict[str, Any]] = []
    with seeds.kept():
        for index in chosen:
            group.append(digest_of(index, dataset[index], group_of(dataset, index)))
            if len(group) >= GROUPED:
                yield group
                group = []
            if cancelled():
                break
    if group:
        yield group


def passed(subject: Any, probe: dict[str, int], cancelled: Callable[[], bool]) -> Iterator[list[dict[str, Any]]]:
    """Digests of the samples of the first batches of each epoch, through the run's own loader; its place is put back."""
    experiment = subject.experiment
    found, slots = find(experiment), state.Slots()
    slots.capture("passes", state.read(experiment, found, subject.mid_update()), found)
    progress, drawn = experiment.progress, subject.feed()
    loader = getattr(drawn, "loader", None)
    workers = int(getattr(loader, "num_workers", 0) or 0)
    try:
        for epoch in range(probe["epochs"]):
            progress.epoch, progress.batch = epoch, 0
            if epoch == 0:  # what lives stands somewhere else
                progress.kept, progress.workers = {}, None
                progress.version += 1
            for place in range(min(probe["batches"], drawn.steps_per_epoch())):
                one = drawn.next()
                progress.batch += 1
                yield [
                    {**digest_of(-1 if one.ids is None else int(one.ids[row]), sample), "epoch": epoch + 1, "batch": place + 1, "worker": place % workers if workers else None}
                    for row, sample in enumerate(_rows(one.batch))
                ]
                if cancelled():
                    return
    finally:
        slots.restore("passes", experiment, find(experiment))


def _rows(batch: Any) -> Iterator[dict[str, Any]]:
    """The samples of a batch, as far as its parts have one entry for each."""
    size, parts = batches.count(batch), batches.fields(batch)
    for row in range(size):
        yield {name: part[row] for name, part in parts.items() if hasattr(part, "__len__") and len(part) == size}


def order(subject: Any, probe: dict[str, Any]) -> list[dict[str, Any]]:
    """An EpochOrder for each of the first epochs. Of a loader that draws from global generators the first is exact; what a model
    draws while it trains moves the later ones on."""
    drawn, most = subject.feed(), probe.get("ids", 1000)
    if drawn.blind is not None:
        raise Fault("SAMPLES_UNKNOWN", "the ids of training batches are not known", seen=drawn.blind)
    available = len(drawn.dataset())
    found = []
    for number, lists in enumerate(_epochs(subject, probe.get("epochs", 2))):
        ids = np.concatenate([np.asarray(one, dtype=np.int64).reshape(-1) for one in lists]) if lists else np.empty(0, np.int64)
        times = np.bincount(ids, minlength=available)
        found.append(
            {
                "epoch": number + 1,
                "batches": len(lists),
                "smallestBatch": min((len(one) for one in lists), default=0),
                "samples": len(ids),
                "distinct": int((times > 0).sum()),
                "available": available,
                "repeated": np.flatnonzero(times > 1)[:20].tolist(),
                "missing": np.flatnonzero(times == 0)[:20].tolist(),
                "digest": batches.ids_digest(ids),
                "ids": ids[:most].tolist(),
            }
        )
    return found


def _epochs(subject: Any, epochs: int) -> Iterator[list[Any]]:
    drawn, progress = subject.feed(), subject.experiment.progress
    steps, loader = drawn.steps_per_epoch(), getattr(drawn, "loader", None)
    if loader is None:
        size = subject.experiment.batch_size
        for epoch in range(epochs):
            ids = drawn._epoch(epoch)
            yield [ids[place * size : (place + 1) * size] for place in range(steps)]
        return
    now = progress.generators()
    try:
        progress.set_generators(drawn._start)
        recorder = loader.batch_sampler if loader.batch_sampler is not None else loader.sampler
        for epoch in range(epochs):
            for one in (loader.sampler, loader.batch_sampler):
                if hasattr(one, "set_epoch"):
                    one.set_epoch(epoch)
            torch.empty((), dtype=torch.int64).random_(generator=loader.generator)  # as iter(loader) would
            yield [flat(one) or [] for one in itertools.islice(recorder._sampler, steps)]
    finally:
        for one in (loader.sampler, loader.batch_sampler):
            if hasattr(one, "set_epoch"):
                one.set_epoch(progress.epoch)
        progress.set_generators(now)


def survey(subject: Any, probe: dict[str, Any]) -> dict[str, Any]:
    """A Survey of evenly spaced samples of a split."""
    dataset, seed = subject.split(probe.get("split", "train")), subject.experiment.seed
    count = min(probe.get("limit", 1000), len(dataset))
    indices = [0 if count == 1 else int(place * (len(dataset) - 1) / (count - 1) + 0.5) for place in range(count)]
    channels, fields = _Channels(), _Fields()
    tried = min(8, count)
    with seeds.kept():
        for index in indices:
            sample = dataset[index]
            channels.add(batches.input_of(sample))
            fields.add(sample)
        changing = 0
        for index in indices[:tried]:
            hashes = set()
            for name in ("once", "again"):
                seeds.seed_all(seed, f"survey/{name}")
                hashes.add(batches.bytes_digest(batches.input_of(dataset[index])))
            changing += len(hashes) > 1
    return {"samples": count, "channels": channels.report(), "fields": fields.report(), "tried": tried, "changing": changing}


class _Channels:
    """Sums by channel, over samples."""

    def __init__(self) -> None:
        self._parts: list[torch.Tensor] = []
        self._axis: int | None = None
        self._sums: dict[str, torch.Tensor] = {}
        self._each = 0

    def add(self, given: Any) -> None:
        try:
            values = given if isinstance(given, torch.Tensor) else torch.as_tensor(np.asarray(given))
        except (TypeError, ValueError):
            return  # text, or an object: no numbers
        values, axis = values.detach().to(torch.float64), _channel_axis(tuple(values.shape))
        flat = values.reshape(1, -1) if axis is None else values.movedim(axis, 0).reshape(values.shape[axis], -1)
        if not flat.numel() or (self._sums and len(self._sums["sum"]) != len(flat)):
            return
        now = {"sum": flat.sum(1), "square": (flat**2).sum(1), "min": flat.amin(1), "max": flat.amax(1), "count": torch.full((len(flat),), flat.shape[1])}
        join = {"min": torch.minimum, "max": torch.maximum}
        self._sums = {key: join.get(key, torch.add)(self._sums[key], value) for key, value in now.items()} if self._sums else now

    def report(self) -> list[dict[str, float]]:
        if not self._sums:
            return []
        mean = self._sums["sum"] / self._sums["count"]
        std = (self._sums["square"] / self._sums["count"] - mean**2).clamp(min=0).sqrt()
        columns = (mean, std, self._sums["min"], self._sums["max"])
        return [dict(zip(("mean", "std", "min", "max"), row)) for row in zip(*(one.tolist() for one in columns))]


def _channel_axis(shape: tuple[int, ...]) -> int | None:
    if len(shape) == 1:
        return 0 if shape[0] <= 256 else None
    if len(shape) < 3:
        return None
    return 0 if shape[0] <= 16 else len(shape) - 1 if shape[-1] <= 16 else None


class _Fields:
    """Shares of zeros, of −100 and of what is not finite, by field."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, Any]] = {}

    def add(self, sample: Any) -> None:
        for name, value in batches.fields(sample).items():
            try:
                values = value if isinstance(value, torch.Tensor) else torch.as_tensor(np.asarray(value))
            except (TypeError, ValueError):
                continue
            known = self._found.setdefault(name, {"shape": list(values.shape), "dtype": str(values.dtype).removeprefix("torch."), "of": 0, "zero": 0, "ignored": 0, "bad": 0})
            known["of"] += values.numel()
            known["zero"] += int((values == 0).sum())
            known["ignored"] += int((values == -100).sum())
            known["bad"] += int((~torch.isfinite(values)).sum())

    def report(self) -> list[dict[str, Any]]:
        return [
            {"name": name, "shape": one["shape"], "dtype": one["dtype"], "zero": one["zero"] / size, "ignored": one["ignored"] / size, "nonFinite": one["bad"] / size}
            for name, one in self._found.items()
            for size in [max(1, one["of"])]
        ]
