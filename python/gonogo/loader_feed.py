"""The user's own train_loader, in the order that it gives, with whatever workers it has; and an exact way back into mid-epoch.
Not here: the managed order (feed.py), and what happens inside a worker (lanes.py)."""

from __future__ import annotations

import copy
import itertools
import math
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.utils.data import DataLoader, IterableDataset
from torch.utils.data.dataloader import _MultiProcessingDataLoaderIter

from gonogo import batches, lanes, seeds
from gonogo.drawn import Drawn
from gonogo.errors import Fault
from gonogo.feed import one_by_one
from gonogo.held import held
from gonogo.order import Recorder, flat, plain
from gonogo.parallel import World
from gonogo.samplers import batch_size_of, sampler_of, tell_epoch
from gonogo.untouched import untouched


class LoaderFeed:
    """Bounded to the first batches of each epoch under a limit.

    Three ways back into an epoch. A loader with a state of its own (torchdata's) is given it. A DataLoader over a data set with
    indices draws its order again, passes over what was used, and its workers start from their own states: no batch is made
    twice. Anything else makes the batches of the epoch again and drops them.
    """

    def __init__(self, experiment: Any, limit: int | None, world: World = World()):
        self._experiment, self._limit = experiment, limit
        # A DistributedSampler pads or drops to parts of one length.
        self._world, self._share = world, 1 / world.size if world.size > 1 else None
        self._iterator: Iterator[Any] | None = None
        self._recorder: Recorder | None = None
        self._last: Any = None
        # Where this feed stands: a version of progress, an epoch, batches used of it. Null: nowhere yet.
        self._version, self._epoch, self._used = -1, -1, 0
        # Batches of this epoch: all of them, and those that are asked for.
        self._batches, self._steps = math.inf, 0
        # At the start of this epoch: where the generators were when its order was drawn, and the workers' seed.
        self._began: Any = None
        self._seeded: torch.Tensor | None = None
        # Of each worker process, batches made before this epoch; and the first batch of this epoch that they made.
        self._before: list[int] = []
        self._first = 0
        self._start = experiment.progress.generators()
        self._origin = self._own_state(getattr(experiment, "train_loader", None))
        experiment.progress.source = self

    @property
    def loader(self) -> Any:
        loader = self._experiment.train_loader
        if self._way(loader) == "order":
            place = "batch_sampler" if loader.batch_sampler is not None else "sampler"
            if not isinstance(getattr(loader, place), Recorder):
                # DataLoader refuses the assignment; its instance dictionary does not.
                loader.__dict__[place] = Recorder(getattr(loader, place))
        return loader

    @staticmethod
    def _way(loader: Any) -> str:
        if hasattr(loader, "state_dict") and hasattr(loader, "load_state_dict"):
            return "state"
        known = isinstance(loader, DataLoader) and type(loader).__iter__ is DataLoader.__iter__
        if not known or isinstance(loader.dataset, IterableDataset) or not getattr(loader, "in_order", True):
            return "again"
        return "order"

    @property
    def blind(self) -> str | None:
        way = self._way(self.loader)
        if way == "order":
            return None
        kept = "keeps its order to itself" if way == "state" else "has no batch sampler"
        return f"train_loader {kept}, so the ids of its samples are not known"

    def steps_per_epoch(self) -> int:
        whole = self._whole()
        if whole != math.inf:
            return int(whole if self._limit is None else min(whole, self._limit))
        if self._limit is None:
            raise Fault(
                "LOADER_WITHOUT_LENGTH", "train_loader has no len(), so the length of an epoch is unknown", seen=type(self.loader).__name__, expected="batches of an epoch",
                **{"try": "def __len__(self) in the loader (batches), or in its data set (samples of one pass)"},
            )
        return self._limit

    def whole_steps(self) -> int:
        whole = self._whole()
        return self.steps_per_epoch() if whole == math.inf else int(whole)

    def repeat(self, index: int | None) -> None:
        if self._way(self.loader) != "order":
            raise Fault("SAMPLES_UNKNOWN", "train_loader cannot be asked for one sample", seen=self.blind)
        loader = self.loader
        (loader.batch_sampler if loader.batch_sampler is not None else loader.sampler).repeated = index
        self._version = -1  # what it has fetched ahead holds other samples

    def _whole(self) -> float:
        """Batches of an epoch without a limit."""
        try:
            return len(self.loader)
        except TypeError:
            return math.inf

    def samples(self) -> int:
        steps, loader = self.steps_per_epoch(), self.loader
        size = batch_size_of(loader) or 1
        try:
            sampler = sampler_of(loader)
            whole = len(sampler) if sampler is not None else len(loader.dataset)
        except (TypeError, AttributeError):
            whole = steps * size
        return min(whole, steps * size)

    def dataset(self) -> Any:
        return getattr(self.loader, "dataset", None)

    def next(self) -> Drawn:
        progress = self._experiment.progress
        # The live iterator stands at this batch of the current epoch.
        if self._iterator is None or self._used != progress.batch or self._epoch != progress.epoch or self._version != progress.version:
            self._begin()
        try:
            batch = next(self._iterator)  # type: ignore[arg-type]
        except StopIteration:
            raise Fault(
                "LOADER_ENDED_EARLY",
                "train_loader gave fewer batches than its len()",
                seen=f"{progress.batch} batches",
                expected=f"{self.steps_per_epoch()}",
            ) from None
        self._last = self._recorder.given.popleft() if self._recorder is not None and self._recorder.given else None
        self._used += 1
        if self._used >= self._batches:
            next(self._iterator, None)  # type: ignore[arg-type]  # as a for loop does: a stream begins anew only once it has ended
        if self._used >= self._steps and not self._persistent():
            self._iterator = None  # its workers end
        return Drawn(batch, None if self._last is None else flat(self._last), self._share)

    def _persistent(self) -> bool:
        loader = self._experiment.train_loader
        return bool(getattr(loader, "persistent_workers", False)) and getattr(loader, "num_workers", 0) > 0

    def close(self) -> None:
        """Ends the loader's worker processes, if it has any."""
        loader = self._experiment.train_loader
        old = self._iterator if self._iterator is not None else getattr(loader, "_iterator", None)
        self._iterator = None
        if getattr(loader, "_iterator", None) is not None:
            loader._iterator = None
        if hasattr(old, "_shutdown_workers"):
            old._shutdown_workers()

    def _begin(self) -> None:
        progress, loader = self._experiment.progress, self.loader
        elsewhere = progress.version != self._version  # loaded or restored: what lives stands somewhere else
        kept, workers = (progress.kept, progress.workers) if elsewhere else ({}, None)
        goes_on = not elsewhere and progress.batch == 0 and self._persistent() and self._iterator is not None
        if not goes_on:
            self.close()
        tell_epoch(loader, progress.epoch)
        begin = {"state": self._begin_with_state, "order": self._begin_in_order, "again": self._begin_again}[self._way(loader)]
        begin(loader, kept, workers, goes_on)
        self._version, self._epoch, self._used = progress.version, progress.epoch, progress.batch
        self._batches, self._steps = self._whole(), self.steps_per_epoch()

    def _begin_in_order(self, loader: Any, kept: dict[str, Any], workers: Any, goes_on: bool) -> None:
        progress = self._experiment.progress
        used, again = progress.batch, list(kept.get("pending") or [])
        now = progress.generators() if used > 0 or workers is not None else None
        recorder = loader.batch_sampler if loader.batch_sampler is not None else loader.sampler
        before = self._made() if goes_on else [0] * loader.num_workers
        start = lanes.watched(loader) if loader.num_workers > 0 else None
        if not goes_on:
            if workers is not None and len(workers) != loader.num_workers:
                print(f"gonogo: train_loader has {loader.num_workers} workers and had {len(workers)}: they begin with new generators", file=sys.stderr)
                workers = None
            self._seed(loader, kept.get("seeded"))
            if start is not None:
                start.renew([workers[str(one)] for one in range(loader.num_workers)] if workers is not None else None)
        recorder.hold()
        self._recorder = recorder
        self._iterator = iter(loader)
        if start is not None:
            start.resume = None
        if used > 0:
            # The order of this epoch once more, up to where its drawing had got; then on from where the run left the generators.
            self._began = kept.get("began", now)
            progress.set_generators(self._began)
            recorder.forward(used + len(again))
            progress.set_generators(now)
        else:
            if workers is not None:
                progress.set_generators(now)  # persistent workers had drawn their seed long before
            self._began = progress.generators()
        self._before, self._first = before, used
        recorder.release(used, again, bool(kept.get("ended", False)))
        if isinstance(self._iterator, _MultiProcessingDataLoaderIter):
            # As the loader does it itself; batch n of an epoch goes to worker n mod W, after a resume too.
            turns = [(used + one) % loader.num_workers for one in range(loader.num_workers)]
            self._iterator._worker_queue_idx_cycle = itertools.cycle(turns)
            for _ in range(self._iterator._prefetch_factor * loader.num_workers):
                self._iterator._try_put_index()

    def _seed(self, loader: Any, seeded: torch.Tensor | None) -> None:
        """The generator that gives new workers their seed: put to where it was then, or noted."""
        generator = getattr(loader, "generator", None)
        generator = generator if isinstance(generator, torch.Generator) else torch.default_generator
        if seeded is not None:
            generator.set_state(seeded.clone())
        self._seeded = generator.get_state()

    def _begin_again(self, loader: Any, kept: dict[str, Any], workers: Any, goes_on: bool) -> None:
        """Makes the batches of the epoch once more and drops those that were used."""
        progress = self._experiment.progress
        now, dataset = progress.generators(), getattr(loader, "dataset", None)
        own = kept.get("dataset") if progress.batch > 0 else None
        self._began, self._recorder = kept.get("began", now) if progress.batch > 0 else now, None
        progress.set_generators(self._began)
        if own is None:
            own = self._origin if progress.batch == 0 and self._limit is not None else None  # a limit cuts an epoch short
        if own is not None:
            dataset.load_state_dict(own)  # type: ignore[union-attr]
        self._iterator = iter(loader)
        if progress.batch > 0:
            for _ in range(0 if "dataset" in kept else progress.batch):
                next(self._iterator, None)
            progress.set_generators(now)

    def _begin_with_state(self, loader: Any, kept: dict[str, Any], workers: Any, goes_on: bool) -> None:
        progress = self._experiment.progress
        now, resumed = progress.generators(), progress.batch > 0 and kept.get("loader") is not None
        self._began, self._recorder = kept.get("began", now) if resumed else now, None
        start = lanes.watched(loader) if self._lanes_beside_state(loader) else None
        if start is not None and not goes_on:
            start.renew(None if workers is None else [workers[str(one)] for one in range(loader.num_workers)])
            self._before = [0] * loader.num_workers
        if resumed:
            progress.set_generators(self._began)
            loader.load_state_dict(kept["loader"])
        self._iterator, self._first = iter(loader), progress.batch
        if start is not None:
            start.resume = None
        if resumed:
            progress.set_generators(now)

    @staticmethod
    def _lanes_beside_state(loader: Any) -> bool:
        """torchdata's loader keeps where its workers are, and not where their generators are."""
        map_style = isinstance(loader, DataLoader) and loader.num_workers > 0 and batches.indexed(loader.dataset)
        return map_style and getattr(loader, "snapshot_every_n_steps", 0) == 1 and not loader.persistent_workers

    def place(self) -> dict[str, Any]:
        """What it takes besides epoch and batch to come back here; empty at the start of an epoch."""
        progress, loader = self._experiment.progress, self._experiment.train_loader
        if progress.version != self._version:
            return progress.kept
        if progress.batch == 0 or self._epoch != progress.epoch:
            return {"seeded": self._seeded} if self._persistent() and self._seeded is not None else {}
        place: dict[str, Any] = {"began": self._began}
        way = self._way(loader)
        if way == "state":
            return {**place, "loader": loader.state_dict()}
        if way == "again":
            own = self._own_state(loader)
            return place if own is None else {**place, "dataset": own}
        if loader.num_workers == 0 or self._recorder is None:
            return place
        # Inside a step its own batch is not yet done with.
        waiting = [*([self._last] if self._used == progress.batch + 1 else []), *self._recorder.given]
        return {**place, "seeded": self._seeded, "pending": [plain(one) for one in waiting], "ended": self._recorder.ended}

    @staticmethod
    def _own_state(loader: Any) -> Any:
        """The state of a data set that has one, and lives in this process."""
        dataset = getattr(loader, "dataset", None)
        here = getattr(loader, "num_workers", 0) == 0 and hasattr(dataset, "load_state_dict")
        return copy.deepcopy(dataset.state_dict()) if here and hasattr(dataset, "state_dict") else None

    def workers(self) -> dict[str, Any] | None:
        """Generators of each worker process as of the last batch used; null where no worker outlives this moment."""
        progress, loader = self._experiment.progress, self._experiment.train_loader
        if progress.version != self._version:
            return progress.workers
        way = self._way(loader)
        if not (way == "order" and loader.num_workers > 0 and self._recorder is not None or way == "state" and self._lanes_beside_state(loader)):
            return None
        ended = progress.batch == 0 or self._epoch != progress.epoch
        if ended and not self._persistent():
            return None
        counts = self._made() if ended else self._made(progress.batch)
        noted = {str(one): lanes.noted(loader, self._iterator, one, count) for one, count in enumerate(counts)}
        return noted if all(noted.values()) else None

    def _made(self, until: int | None = None) -> list[int]:
        """Batches that each worker process has made, or will have once it has done all that was handed out."""
        count = len(self._before)
        until = self._recorder.handed if until is None and self._recorder is not None else until
        return [made + len([n for n in range(self._first, until or 0) if n % count == one]) for one, made in enumerate(self._before)]

    def chosen(self, ids: Sequence[int]) -> Drawn:
        """This rank's part of the samples of these ids."""
        loader, mine = self.loader, [int(index) for index in ids[self._world.share(len(ids))]]
        if self.blind is not None or not batches.indexed(loader.dataset) or loader.collate_fn is None:
            raise Fault("SAMPLES_UNKNOWN", "train_loader gives no sample by its id", seen=self.blind)
        with untouched(loader.dataset, loader.num_workers):
            return Drawn(one_by_one(loader.dataset, mine, loader.collate_fn, self._experiment.seed), mine, len(mine) / len(ids))

    def frozen(self, count: int) -> Drawn:
        """The first samples in the order of the first epoch; the run's own position and generators stay."""
        progress, loader = self._experiment.progress, self.loader
        now = progress.generators()
        try:
            progress.set_generators(self._start)
            tell_epoch(loader, 0)
            if self.blind is not None or not batches.indexed(loader.dataset) or loader.batch_sampler is None:
                batch = next(iter(loader))
                return Drawn(batch if batches.comes_whole(loader) else batches.sliced(batch, count), None, self._share)
            torch.empty((), dtype=torch.int64).random_(generator=loader.generator)  # as iter(loader) would
            ids: list[int] = []
            for given in loader.batch_sampler._sampler:
                ids += given
                if len(ids) >= count:
                    break
            seeds.seed_all(self._experiment.seed, "frozen")
            with untouched(loader.dataset, loader.num_workers):
                return Drawn(loader.collate_fn([loader.dataset[index] for index in ids[:count]]), ids[:count], self._share)
        finally:
            tell_epoch(loader, progress.epoch)
            progress.set_generators(now)


def generators_of(loader: Any) -> list[Any]:
    """Generators that a loader draws its order from, and those that its data set holds."""
    names = ("generator", "sampler", "batch_sampler", "dataset", "collate_fn")
    return list(held({name: getattr(loader, name, None) for name in names}).values())
