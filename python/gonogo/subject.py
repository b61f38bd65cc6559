"""An opened experiment, and the answers to each probe of the protocol.
Not here: the pipes (wire.py, worker.py) and judgement of any kind."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Any

import torch

from gonogo import batches, checkpoint, determinism, device, facts, feed, loader_feed, lookout, manifest, memory, monitors, oddities, opening, own_checks, place, probes, promises, rates, samples, seeds, state, survey, trace
from gonogo.corrupt import corrupted
from gonogo.errors import Fault
from gonogo.evaluation import Outputs, Split, metrics_of
from gonogo.experiment import Progress, defines
from gonogo.found import Found, find, scored
from gonogo.managed import Managed
from gonogo.observe import Watch
from gonogo.own_step import own_step
from gonogo.parallel import Group, deals_by_rank, local_index, unwrapped, world_of
from gonogo.records import Records, Taken, told
from gonogo.scaling import rescale

#: Records wait this long, or until there are this many.
FLUSH_SECONDS, FLUSH_RECORDS = 0.25, 256
#: How often a group tells the memory of its process.
MEMORY_SECONDS = 0.5


class Subject:
    """Opened in a fresh process, from an OpenRequest."""

    def __init__(self, request: dict[str, Any]):
        started = time.perf_counter()
        self._request, self._length = request, request["length"]
        self.path: str = request["experiment"]
        self.world = world_of(request)
        self._group: Group | None = None
        self.managed_steps = self.managed_evaluation = True
        kind = opening.load_for(request)
        task = opening.task_of(kind)
        self.manual_checkpoint = checkpoint.owns_checkpoint(kind)
        self.managed_steps = not defines(kind, "train_step")
        self.managed_evaluation = not defines(kind, "evaluate")

        experiment = kind.__new__(kind)
        self.experiment: Any = experiment
        self.reads = opening.reads_of(kind) if request["limit"]["trainBatches"] is not None else None
        experiment.config = opening.config_for(kind, request["config"])
        experiment.seed = request["seed"]
        experiment.device = device.resolve(request["device"], local_index(self.world, request["device"]))
        experiment.rank, experiment.world = self.world.rank, self.world.size
        experiment.batch_size = request["batchSize"] // self.world.size
        experiment.evaluate_batch_size = request["evaluateBatchSize"]
        experiment.accumulate = request["accumulate"]
        experiment.clip_norm = request["clipNorm"]
        experiment.progress = Progress(self._generators)
        experiment._count_steps = self.steps
        experiment._asked = {key: request[key] for key in ("length", "limit", "precision")}
        self._data: dict[str, Any] = {}
        self._feed: feed.Feed | None = None
        self._splits: dict[str, Split] = {}
        self._named = determinism.Named()
        with self._named.listening():
            self._build(kind)
        self.managed = Managed(experiment, request["precision"], self.managed_steps) if self.managed_steps or self.managed_evaluation else None
        if self.managed is not None:
            self.managed.group = self._group
        self.watch, self._slots = Watch(), state.Slots()
        self._lookout = lookout.Lookout()
        self.watch.averaged = self.world.address is not None
        self.watch.attach(find(experiment))
        self.start = rates.start_of(find(experiment))
        self.facts = self._facts(kind, task, started)

    def _build(self, kind: type) -> None:
        experiment, limits = self.experiment, self._request["limit"]
        if self.managed_steps and self.world.size > 1:
            self._group = Group(self.world, experiment.device)
        seeds.seed_all(experiment.seed, "setup")
        experiment.__init__()  # after config and the rest are there
        if defines(kind, "datasets"):
            seeds.seed_all(experiment.seed, "data")
            given = experiment.datasets()
            self._data = {name: given.get(name) if isinstance(given, dict) else getattr(given, name, None) for name in ("train", "val", "test")}
            for name in ("train", "val"):
                if self._data[name] is None or len(self._data[name]) == 0:
                    raise Fault("DATA_EMPTY", f"there is no {name} data", seen="0 samples", expected="at least one", where=facts.place_of(kind.datasets))  # type: ignore[attr-defined]
            workers = self._request.get("workers", 0)
            self._feed = feed.ManagedFeed(experiment, self._data["train"], limits["trainBatches"], self.world, not self.managed_steps, workers)
        if defines(kind, "model"):
            seeds.seed_all(experiment.seed, "init")
            made = experiment.model()
            if not isinstance(made, torch.nn.Module):
                raise Fault("EXPERIMENT_INCOMPLETE", "model() returned no module", seen=type(made).__name__, expected="a torch.nn.Module")
            # Before optimizers(): an optimizer holds the tensors that it is given.
            experiment.model = made.to(experiment.device)
        if defines(kind, "optimizers"):
            given = experiment.optimizers(experiment.model)
            experiment.optimizer, *schedules = given if isinstance(given, tuple) else (given,)
            if any(isinstance(one, torch.optim.lr_scheduler.ReduceLROnPlateau) for one in schedules):
                raise Fault("SCHEDULER_UNSUPPORTED", "ReduceLROnPlateau waits for a metric; a managed step has none", expected="a schedule of steps, or train_step(batch)")
            if schedules:
                experiment.schedule = schedules[0]
        seeds.seed_all(experiment.seed, "setup")
        experiment.setup()
        if self._feed is None:
            if getattr(experiment, "train_loader", None) is None or getattr(experiment, "val_loader", None) is None:
                raise Fault("EXPERIMENT_INCOMPLETE", "the experiment has no data", expected="def datasets(self), or self.train_loader and self.val_loader set in setup()")
            self._feed = loader_feed.LoaderFeed(experiment, limits["trainBatches"], self.world)
            self._own_loader()
        if not isinstance(getattr(experiment, "model", None), torch.nn.Module) and (self.managed_steps or self.managed_evaluation):
            raise Fault("EXPERIMENT_INCOMPLETE", "what is managed needs self.model", expected="def model(self), or self.model set in setup()")
        if self.managed_steps:
            device.placed(experiment.model, experiment.device)
        for name in ("val", "test"):
            if self._data.get(name) is not None or getattr(experiment, f"{name}_loader", None) is not None:
                self._splits[name] = Split(experiment, name, self._data.get(name), limits["valSamples"], self.world, self.managed_evaluation)
        for name, count in (("train", self._feed.steps_per_epoch()), ("val", self._splits["val"].batches())):
            if count == 0:
                raise Fault("DATA_EMPTY", f"there is no {name} batch", seen="0 batches", expected="at least one; look at drop_last and the split")
        self._join()

    def _own_loader(self) -> None:
        """A managed step takes each rank's samples from the loader as they come: the loader must deal them out."""
        loader = self.experiment.train_loader
        if self.managed_steps and self.world.size > 1 and self.feed().blind is None and not deals_by_rank(loader, self.world):
            raise Fault(
                "WORLD_LOADER", "train_loader gives every rank the same samples", seen=f"{type(loader.sampler).__name__}, world: {self.world.size}",
                expected="DataLoader(…, sampler=DistributedSampler(dataset, seed=self.seed)), or def datasets(self)", where=facts.place_of(type(self.experiment).setup),
            )

    def _join(self) -> None:
        """Managed ranks begin with rank 0's weights, and draw noise of their own."""
        if self._group is None and self.managed_evaluation and self.world.size > 1:
            self._group = Group(self.world, self.experiment.device)
        if self.managed_steps and self._group is not None:
            self.experiment.model = unwrapped(self.experiment.model)  # its gradients are averaged once, by us
            found = find(self.experiment)
            self._group.broadcast([*found.parameters.values(), *found.buffers.values()])
            if self.world.rank > 0:
                seeds.seed_all(self.experiment.seed, f"rank/{self.world.rank}")

    def _generators(self) -> list[Any]:
        loaders = [getattr(self.experiment, f"{name}_loader", None) for name in ("train", "val", "test")]
        return list({id(one): one for loader in loaders for one in loader_feed.generators_of(loader)}.values())

    def feed(self) -> feed.Feed:
        if self._feed is None:
            limit = self._request["limit"]["trainBatches"]
            if getattr(self.experiment, "train_loader", None) is None:
                raise Fault("STEPS_UNKNOWN", "self.steps needs the length of an epoch", expected="self.train_loader set before self.steps is used, or train.length in steps")
            return loader_feed.LoaderFeed(self.experiment, limit, self.world)
        return self._feed

    def steps(self) -> int:
        """Steps of the whole run."""
        if "steps" in self._length:
            return self._length["steps"]
        return self._length["epochs"] * self.feed().steps_per_epoch()

    def mid_update(self) -> bool:
        """Gradients wait for more batches before the managed step applies them."""
        return self.managed_steps and self.experiment.progress.step % self.experiment.accumulate != 0

    def _facts(self, kind: Any, task: Any, started: float) -> dict[str, Any]:
        experiment, found = self.experiment, find(self.experiment)
        environment = facts.environment(experiment, self._request["precision"])
        if getattr(kind, "config_source", None) is not None:
            environment["composed config"] = kind.config_source.digest(experiment.config)
        known = {name: split.samples() for name, split in self._splits.items()}
        counts = {"train": self.feed().samples(), **{name: count for name, count in known.items() if count > 0}}
        whole = {"train": self.feed().dataset(), **{name: split.dataset() for name, split in self._splits.items()}}
        # The subject that the plan is made of has told what stands for its data; the others of a poll see the same.
        limited = self._request["limit"]["trainBatches"] is not None and self.world.address is None
        manifests = manifest.manifests(self, whole, not limited)
        environment.update({f"hash of {made['split']}": how for made, how in manifests})
        return {
            "task": task.json(),
            "metrics": opening.metrics_of(kind),
            "can": promises.abilities(self, kind, self._splits["val"], self._scored()),
            "guarantees": promises.guarantees(self, kind),
            "owns": {
                "step": "managed" if self.managed_steps else "manual",
                "evaluation": "managed" if self.managed_evaluation else "manual",
                "checkpoint": "manual" if self.manual_checkpoint else "managed",
            },
            "loop": experiment._loop_of,
            **{"tensors": facts.tensors(found, kind.frozen, kind), "optimizers": facts.optimizers(found)},
            "modules": facts.modules(found),
            "loading": facts.loading(self.feed()),
            **{"samples": counts, "stepsPerEpoch": self.feed().steps_per_epoch()},
            "steps": self.steps(),
            **{"where": facts.places(kind), "code": facts.code(self._request["experiment"], kind), "packages": facts.packages()},
            "data": [made for made, _ in manifests],
            "environment": environment,
            "arithmetic": device.arithmetic(self._request["precision"], experiment.device),
            "hashing": {"sample": str(hash("gonogo"))},
            "streams": facts.streams(self.experiment),
            "monitors": [*experiment._watching, *monitors.by_hand()],
            **({} if (room := memory.room(experiment.device)) is None else {"memory": room}),
            "loadSeconds": time.perf_counter() - started,
            **{"declared": facts.declared(kind, found), "checks": own_checks.declared(kind, self.path)},
        }

    def train(self, probe: dict[str, Any], cancelled: Callable[[], bool]) -> Iterator[list[dict[str, Any]]]:
        """Records in groups, as they travel (records.py). `cancelled` is asked after each step."""
        found, regularisation = find(self.experiment), probe.get("regularisation", True)
        chosen, records = probes.chosen(self, probe), Records()
        fresh = self.managed_steps and self.managed is not None and not self.managed.own_loss
        self.experiment._regularised = regularisation
        if self.managed is not None:
            self.managed.smoothing = self.experiment.task.smoothing if regularisation else 0.0
        rate, factor = probe.get("learningRate"), probe.get("learningRateFactor")
        held = probe.get("updates", "applied") == "suppressed"
        watching = self.watch.probe(
            found, rate, regularisation, probe.get("observe", False), chosen is not None, probe.get("statistics", True), 1.0 if factor is None else factor, held,
            probe.get("elements", 0),
        )
        tracer = trace.Tracer() if probe.get("trace", False) and probe.get("observe", False) else None
        if probe.get("lossScaleFactor") is not None:
            rescale(found.scalers.values(), probe["lossScaleFactor"])
        census = probe.get("census", False)
        look, sent, source, asked = self._lookout.for_probe(probe), time.perf_counter(), self.feed(), 0.0
        per_epoch = source.steps_per_epoch()
        with watching, probes.accumulating(self, probe.get("accumulate")), self._named.listening():
            for index in range(probe["steps"]):
                frozen = None if chosen is None else chosen[index % len(chosen)]
                records.add(*self._step(source, frozen, found, probe, tracer if index < 2 else None, per_epoch), self.managed_steps, fresh)
                now = time.perf_counter()
                # The last group waits for its census: however slow the steps, it must not have left before.
                last = census and index + 1 == probe["steps"]
                if not last and (len(records.filling) >= FLUSH_RECORDS or now - sent > FLUSH_SECONDS):
                    sent = now
                    if group := records.seal():
                        more = lookout.told(look)
                        if now - asked > MEMORY_SECONDS:
                            asked, more["memory"] = now, memory.now()
                        yield told(group, more) if more else group
                if cancelled():
                    break
        if group := records.rest():
            yield told(group, {**lookout.told(look), "memory": memory.now(census)})

    def _step(
        self, source: feed.Feed, frozen: feed.Drawn | None, found: Found, probe: dict[str, Any], tracer: trace.Tracer | None, per_epoch: int
    ) -> tuple[Taken, Any]:
        """What there is to tell of one step, and what the step returned."""
        progress, clock = self.experiment.progress, time.perf_counter
        begun = clock()
        if frozen is None:
            self.experiment._before_batch()
        drawn = source.next() if frozen is None else frozen
        if frozen is None and begun >= self._lookout.due and probe.get("watch", False):
            self._lookout.training(drawn.batch, drawn.ids, progress.epoch == 0)
        if frozen is None and probe.get("corrupt") is not None:
            drawn = replace(drawn, batch=corrupted(drawn.batch, probe["corrupt"])[0])
        ready = clock()
        epoch, samples = progress.epoch + 1, drawn.samples() if drawn.ids is None else drawn.ids
        if drawn.ids is not None and probe.get("ids", False):
            samples = {**drawn.samples(), "ids": [int(index) for index in drawn.ids]}
        self.watch.begin()
        progress.frozen = frozen is not None
        traced, started = None, clock()
        if tracer is not None:
            result, traced = trace.step(self, drawn, found, tracer)
        elif self.managed_steps:
            assert self.managed is not None
            result = self.managed.step(drawn.batch, found, self.watch.applied, drawn.share)
        else:
            result = own_step(self.experiment, drawn.batch)
        seconds = clock() - started
        updates, observed = self.watch.end()
        progress.step += 1
        if frozen is None:
            progress.batch += 1
            if progress.batch >= per_epoch:
                progress.epoch, progress.batch = progress.epoch + 1, 0
                self.experiment.on_epoch_end()
        if traced is not None:
            observed = {**(observed or {}), "trace": traced}
        return (progress.step, epoch, updates, samples, seconds, ready - begun, observed), result

    def evaluate(self, probe: dict[str, Any], cancelled: Callable[[], bool] = lambda: False) -> dict[str, Any]:
        """`cancelled` is asked at each batch; batches.Cancelled then, with the generators and modes where they were before."""
        with self._as_before():
            return self._evaluate(probe, cancelled)

    @contextmanager
    def _as_before(self) -> Iterator[None]:
        sections = state.read(self.experiment, find(self.experiment), self.mid_update())
        before = state.copied({name: sections[name] for name in ("rng", "mode", "counters") if name in sections})
        try:
            yield
        except batches.Cancelled:
            state.put(self.experiment, find(self.experiment), before)
            raise

    def _evaluate(self, probe: dict[str, Any], cancelled: Callable[[], bool]) -> dict[str, Any]:
        name, outputs = probe.get("split", "val"), Outputs() if probe.get("perSample", False) else None
        if name == "train" and probe.get("ids") is None:
            raise Fault("DATA_SPLITS", "the training split is not evaluated as a whole", seen="train", expected=", ".join(self._splits))
        split = Split.of_training(self.experiment, self._data.get("train"), self.world) if name == "train" else self._splits.get(name)
        if split is None:
            raise Fault("DATA_SPLITS", f"the experiment has no {name} split", seen=name, expected=", ".join(self._splits))
        loader, limit = split.loader(probe.get("batchSize"), probe.get("limit"), probe.get("order", "given"), probe.get("whole", False), probe.get("ids"))
        tap = batches.Tap(loader, limit, None if outputs is None else outputs.passing, cancelled)
        tap.again = None if outputs is None else outputs.again
        tap.uncut = True
        tap.look = self._lookout.validation if name == "val" and probe.get("watch", False) else None
        look = probes.Look(self.experiment.task.kind, self._scored(), probe)
        tap.change = look.change
        started = time.perf_counter()
        with seeds.noise_of(probe, self.experiment.seed), split.quiet(), look:
            with outputs.of(self._scored()) if outputs is not None else nullcontext(), self._named.listening():
                if self.managed_evaluation:
                    assert self.managed is not None
                    result: Any = self.managed.evaluate(tap, find(self.experiment) if split.shared else None)
                else:
                    result = self.experiment.evaluate(tap)
        seconds = time.perf_counter() - started
        metrics = {} if self.world.rank > 0 and not result else metrics_of(result, name)
        report = {"split": name, "samples": tap.samples, "batches": tap.batches, "even": len(tap.sizes) == 1, "metrics": metrics, "seconds": seconds, **look.report()}
        return report if outputs is None or (each := outputs.json()) is None else {**report, "perSample": each}

    def _scored(self) -> list[torch.nn.Module]:
        """Modules whose calls give the outputs of an evaluation; of several calls the last one counts."""
        if hasattr(self.experiment, "_scored"):
            return self.experiment._scored()
        return scored(find(self.experiment))

    def data(self, probe: dict[str, Any], cancelled: Callable[[], bool]) -> Iterator[list[dict[str, Any]]]:
        """Digests of samples, decoded; the run's generators stay where they are."""
        given = probe.get("passes")
        yield from samples.passed(self, given, cancelled) if given is not None else samples.digests(self, probe, cancelled)

    def perturb(self, probe: dict[str, Any]) -> dict[str, Any]:
        return probes.perturb(self, probe)

    def schedule(self, probe: dict[str, Any]) -> dict[str, Any]:
        return rates.schedule(self, probe)

    def order(self, probe: dict[str, Any]) -> list[dict[str, Any]]:
        return samples.order(self, probe)

    def survey(self, probe: dict[str, Any]) -> dict[str, Any]:
        return survey.survey(self, probe)

    def split(self, name: str) -> Any:
        """The data set of a split, to be decoded by index."""
        dataset = self.feed().dataset() if name == "train" else self._splits[name].dataset() if name in self._splits else None
        if dataset is None or not batches.indexed(dataset):
            raise Fault("SAMPLES_UNKNOWN", f"the samples of {name} cannot be reached by index", seen=name)
        return dataset

    def state(self, probe: dict[str, Any]) -> dict[str, Any]:
        found, op = find(self.experiment), probe["op"]
        if op == "restore":
            self._slots.restore(probe["slot"], self.experiment, found, probe.get("gradients", "restored") == "restored")
        elif op == "capture":
            self._slots.capture(probe["slot"], state.read(self.experiment, found, self.mid_update()), found)
        elif op == "export":
            place.write(self, probe["dir"])
        elif op == "import":
            place.put(self, probe["dir"])
        elif op == "scramble":
            sections = state.read(self.experiment, found, self.mid_update())
            name = probe["section"]
            if name not in sections:
                raise Fault("SECTION_UNKNOWN", f"the experiment has no {name}", seen=name, expected=", ".join(sections))
            state.put(self.experiment, found, {name: state.scrambled(name, state.copied(sections[name]))})
        # To digest a large state takes longer than to capture it or to put it back, and nobody looks at it then.
        report = state.report(state.read(self.experiment, find(self.experiment), self.mid_update()), probe.get("detail", False)) if op in ("digest", "scramble") else {"sections": []}
        if op == "digest":
            report.update(oddities.told(self.experiment))
        return report if self.reads is None else {**report, "configRead": self.reads.read()}

    def determinism(self, probe: dict[str, Any]) -> dict[str, Any]:
        """A DeterminismReport. With `repeats`, the next step is made again and again, and the state is as before afterwards."""
        differing: list[dict[str, Any]] = []
        reason = None
        if probe.get("repeats", 0) > 0:
            slots, found = state.Slots(), find(self.experiment)
            slots.capture("now", state.read(self.experiment, found, self.mid_update()), found)

            def step() -> None:
                for _ in self.train({"steps": 1}, lambda: False):
                    pass

            differing, reason = determinism.repeated(step, lambda: slots.restore("now", self.experiment, found), probe["repeats"])
        named = [{"operation": name, "where": where} for name, where in self._named.found.items()]
        return {"mode": determinism.mode(), "named": named, "differing": differing, "reason": reason, "try": determinism.advice()}

    def persist(self, probe: dict[str, Any]) -> dict[str, Any]:
        if probe["op"] == "save":
            return checkpoint.save(self, probe["dir"], probe.get("harness"))
        return checkpoint.load(self, probe["dir"])
