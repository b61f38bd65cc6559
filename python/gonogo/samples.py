"""Looks at the data alone: digests of samples, the order of epochs. The run's place and generators are put back.
Not here: which batch is trained on next (feed.py), statistics of a split (survey.py)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch

from gonogo import batches, seeds, state
from gonogo.blocks import blocks_of
from gonogo.errors import Fault
from gonogo.found import find
from gonogo.order import flat
from gonogo.padding import tensor_of
from gonogo.reach import covered, spread_over, stored_of
from gonogo.samplers import tell_epoch
from gonogo.sketch import sketch_of
from gonogo.survey import looked_at
from gonogo.thumbnail import thumbnail_of
from gonogo.untouched import untouched, workers_of

#: Digests in one group.
GROUPED = 64

#: Values of a target that is told of one of many samples.
LONG = 64

#: Ids that are drawn for a look at an epoch, at most; and how often each sample may come before that is enough.
MOST, OFTEN = 4_000_000, 4

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
    held = tensor_of(given)
    numbers = torch.full((1,), math.nan) if held is None else held.detach().to(torch.float64)  # text has no mean
    told = tensor_of(target)  # text, or boxes by name, are no numbers
    if group is None and isinstance(sample, dict):
        group = next((str(sample[name]) for name in GROUPS if name in sample), None)
    return {
        "id": index,
        "hash": batches.bytes_digest(given if held is None else held),
        "mean": float(numbers.mean()),
        "std": float(numbers.std(correction=0)),
        "nonFinite": 0 if held is None else int((~torch.isfinite(numbers)).sum()),
        "target": None if told is None else told.item() if told.ndim == 0 else told.reshape(-1).tolist(),
        **({} if group is None else {"group": group}),
    }


def whole_of(sample: Any) -> str | None:
    """Digest of all that a sample holds, where that is more than an input and numbers alone: a user and an item say together what neither says alone."""
    held = {name: tensor_of(value) for name, value in batches.fields(sample).items()}
    return None if len(held) < 2 or any(value is None for value in held.values()) else batches.bytes_digest(held)


def outline_of(given: Any) -> dict[str, Any]:
    """Sketch and length of an input, as far as it has them."""
    made = sketch_of(given)
    length = len(given.split()) if isinstance(given, str) else len(given) if hasattr(given, "__len__") and getattr(given, "ndim", 1) else None
    return {**({} if made is None else {"sketch": made}), **({} if length is None else {"length": length})}


def digests(subject: Any, probe: dict[str, Any], cancelled: Callable[[], bool]) -> Iterator[list[dict[str, Any]]]:
    """SampleDigests of a split's first samples, or of those that a frozen batch holds."""
    dataset, frozen = subject.split(probe.get("split", "train")), probe.get("frozen")
    if probe.get("spread", False):
        yield from _spread(subject, dataset, probe, cancelled)
        return
    if frozen is None:
        chosen, shares = list(range(min(probe.get("limit", 1000), len(dataset)))), None
    else:
        drawn = subject.feed().frozen(frozen)
        ids, shares = drawn.ids, _shares(batches.target_of(drawn.batch))
        if ids is None:
            raise Fault("SAMPLES_UNKNOWN", "the ids of a frozen batch are not known", seen=subject.feed().blind)
        chosen = [int(index) for index in ids]
    group: list[dict[str, Any]] = []
    with seeds.kept(), untouched(dataset, workers_of(subject, probe.get("split", "train"))):
        for place, index in enumerate(chosen):
            made = digest_of(index, dataset[index], group_of(dataset, index))
            group.append(made if shares is None or place >= len(shares) else {**made, "target": shares[place]})
            if len(group) >= GROUPED:
                yield group
                group = []
            if cancelled():
                break
    if group:
        yield group


def _shares(target: Any) -> list[list[float]] | None:
    """Targets that a collate function has made shares of classes (mixed samples), where no sample alone has them."""
    if not isinstance(target, torch.Tensor) or not target.is_floating_point() or target.ndim != 2 or not 1 < target.shape[1] <= LONG:
        return None
    rows = target.detach().to("cpu", torch.float64)
    return rows.tolist() if bool((rows >= 0).all() and (rows.sum(1) - 1).abs().max() < 1e-4) else None


def _spread(subject: Any, dataset: Any, probe: dict[str, Any], cancelled: Callable[[], bool]) -> Iterator[list[dict[str, Any]]]:
    indices = spread_over(covered(subject, probe.get("split", "train")), probe.get("limit", 1000))
    with seeds.kept(), untouched(dataset, workers_of(subject, probe.get("split", "train"))):
        for ids, batch, alone in looked_at(dataset, indices, probe.get("seconds", 60)):
            group = []
            for index, sample in zip(ids, _rows(batch) if alone is None else [alone]):
                made, stored = digest_of(index, sample, group_of(dataset, index)), stored_of(dataset, index)
                if probe.get("sketch", False):
                    made.update(outline_of(batches.input_of(sample)))
                    if (whole := whole_of(sample)) is not None:
                        made["whole"] = whole
                if probe.get("blocks", False) and (pieces := blocks_of(batches.input_of(sample))) is not None:
                    made["blocks"] = pieces
                if probe.get("thumbnails", False) and (small := thumbnail_of(batches.input_of(sample))) is not None:
                    made["thumbnail"] = small
                if isinstance(made["target"], list) and len(made["target"]) > LONG:
                    made["target"] = None
                group.append(made if stored is None else {**made, "stored": stored})
            yield group
            if cancelled():
                return


def passed(subject: Any, probe: dict[str, Any], cancelled: Callable[[], bool]) -> Iterator[list[dict[str, Any]]]:
    """Digests of the samples of the first batches of each epoch, through the run's own loader; its place is put back."""
    experiment = subject.experiment
    found, slots = find(experiment), state.Slots()
    slots.capture("passes", state.read(experiment, found, subject.mid_update()), found)
    progress, drawn = experiment.progress, subject.feed()
    loader = getattr(drawn, "loader", None)
    workers = int(getattr(loader, "num_workers", 0) or 0)
    same = probe.get("same")
    try:
        if same is not None:
            drawn.repeat(same)
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
        if same is not None:
            drawn.repeat(None)
        slots.restore("passes", experiment, find(experiment))


def _rows(batch: Any) -> Iterator[dict[str, Any]]:
    """The samples of a batch, as far as its parts have one entry for each."""
    size, parts = batches.count(batch), batches.fields(batch)
    for row in range(size):
        found = {name: _row_of(part, row, size) for name, part in parts.items()}
        yield {name: one for name, one in found.items() if one is not None}


def _row_of(part: Any, row: int, size: int) -> Any:
    """One sample's share of a part, of the views in a list too; None where it has no entry for each sample."""
    if isinstance(part, (list, tuple)) and len(part) != size:
        return [one for one in (_row_of(inner, row, size) for inner in part) if one is not None] or None
    if isinstance(part, Mapping):
        return {name: one for name, one in ((name, _row_of(inner, row, size)) for name, inner in part.items()) if one is not None} or None
    return part[row] if hasattr(part, "__len__") and getattr(part, "ndim", 1) and len(part) == size else None


def order(subject: Any, probe: dict[str, Any]) -> list[dict[str, Any]]:
    """An EpochOrder for each of the first epochs. Of a loader that draws from global generators the first is exact; what a model
    draws while it trains moves the later ones on."""
    drawn, most = subject.feed(), probe.get("ids", 1000)
    if drawn.blind is not None:
        raise Fault("SAMPLES_UNKNOWN", "the ids of training batches are not known", seen=drawn.blind)
    available = len(drawn.dataset())
    found = []
    for number, lists in enumerate(epochs(subject, probe.get("epochs", 2), probe.get("whole", False))):
        ids = np.concatenate([np.asarray(one, dtype=np.int64).reshape(-1) for one in lists]) if lists else np.empty(0, np.int64)
        drawn_once, times = np.unique(ids, return_counts=True)
        # The first twenty that are missing lie among as many as were drawn, and twenty more.
        missing = np.setdiff1d(np.arange(min(available, len(drawn_once) + 20)), drawn_once)
        found.append(
            {
                "epoch": number + 1,
                "batches": len(lists),
                "smallestBatch": min((len(one) for one in lists), default=0),
                "samples": len(ids),
                "distinct": len(drawn_once),
                "available": available,
                "repeated": drawn_once[times > 1][:20].tolist(),
                "missing": missing[:20].tolist(),
                "digest": batches.ids_digest(ids),
                "ids": ids[:most].tolist(),
            }
        )
    return found


def _drawn(sampled: Iterator[Any], most: int) -> Iterator[list[int]]:
    """Ids of index batches, up to about so many: an epoch of a sampler with replacement may have no end that a look could wait for."""
    count = 0
    for one in sampled:
        ids = flat(one) or []
        yield ids
        count += len(ids)
        if count >= most:
            return


def epochs(subject: Any, count: int, whole: bool) -> Iterator[list[Any]]:
    """The index batches of each of the first epochs; `whole`: of the real run, not of a preflight's shorter ones."""
    drawn, progress = subject.feed(), subject.experiment.progress
    steps, loader = drawn.steps_per_epoch(), getattr(drawn, "loader", None)
    if whole:
        steps = drawn.whole_steps()
    if loader is None:
        size = subject.experiment.batch_size
        for epoch in range(count):
            ids = drawn._epoch(epoch)
            yield [ids[place * size : (place + 1) * size] for place in range(steps)]
        return
    now, dataset = progress.generators(), drawn.dataset()
    most = min(OFTEN * len(dataset), MOST) if hasattr(dataset, "__len__") else MOST
    try:
        progress.set_generators(drawn._start)
        recorder = loader.batch_sampler if loader.batch_sampler is not None else loader.sampler
        for epoch in range(count):
            tell_epoch(loader, epoch)
            torch.empty((), dtype=torch.int64).random_(generator=loader.generator)  # as iter(loader) would
            yield list(_drawn(itertools.islice(recorder._sampler, steps), most))
    finally:
        tell_epoch(loader, progress.epoch)
        progress.set_generators(now)
