"""The class a researcher derives from. Each method that is left out is done for them; each that is defined replaces it.
Not here: how it is run (subject.py) or what managed means (managed.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, get_args, get_origin

from gonogo.errors import Fault
from gonogo.tasks import Task

if TYPE_CHECKING:
    import torch

C = TypeVar("C")


class Progress:
    """How far the run is: steps done, epochs finished, batches of this epoch done, and the state of the generators.

    An experiment with its own save() and load() keeps `progress.state_dict()` in its checkpoint; that is what makes a resume exact.
    """

    def __init__(self, generators: Callable[[], list[Any]] = list):
        self.step = 0
        self.epoch = 0
        self.batch = 0
        #: The present step belongs to no epoch: a probe trains on one batch again and again.
        self.frozen = False
        self.version = 0  # counts loads and restores, so that a loader's iterator knows when it is stale
        self.kept: dict[str, Any] = {}  # the place in the data as it was loaded, for whoever begins there
        self.workers: Any = None  # generators of the loader's worker processes, as they were loaded
        self.source: Any = None  # who draws the batches, and knows the live place
        self._generators = generators
        self._own: Mapping[str, Any] | None = None  # of this rank, where several load what one of them saved

    def state_dict(self) -> dict[str, Any]:
        """Step, epoch, batch, the place within the epoch, and every generator: the global ones, the loaders', the workers'."""
        counts = {"step": self.step, "epoch": self.epoch, "batch": self.batch}
        return {**counts, "rng": self.generators(), "place": self.place(), "workers": self.worker_states()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.step, self.epoch, self.batch = int(state["step"]), int(state["epoch"]), int(state["batch"])
        # Generators and workers differ by rank, and rank 0 alone has written this; gonogo has kept each rank's beside it.
        own = self._own or state
        self.kept, self.workers = dict(own.get("place") or {}), own.get("workers")
        self.version += 1
        if own.get("rng") is not None:
            self.set_generators(own["rng"])

    @contextmanager
    def of_rank(self, own: Mapping[str, Any] | None) -> Iterator[None]:
        """What is loaded inside takes this rank's own generators."""
        self._own = own
        try:
            yield
        finally:
            self._own = None

    def place(self) -> dict[str, Any]:
        """What it takes besides epoch and batch to go on from here with the same batches."""
        return self.kept if self.source is None else self.source.place()

    def worker_states(self) -> Any:
        return self.workers if self.source is None else self.source.workers()

    def settle(self) -> None:
        """Holds the live place fast, so that a part of it can be replaced."""
        self.kept, self.workers = self.place(), self.worker_states()
        self.version += 1

    def generators(self) -> dict[str, Any]:
        """Every global generator, and those of the loaders."""
        from gonogo import seeds

        return {**seeds.get_all(), "loaders": [seeds.get_generator(one) for one in self._generators()]}

    def set_generators(self, state: Mapping[str, Any]) -> None:
        from gonogo import seeds

        seeds.set_all(state)
        for generator, saved in zip(self._generators(), state["loaders"]):
            seeds.set_generator(generator, saved)


class Experiment(Generic[C]):
    """One experiment. Set `task`, then define either the managed parts or your own, each by itself.

    Managed: datasets, model, optimizers; optional loss, metrics, collate.
    Your own: setup (model, optimizer, train_loader and val_loader on self), train_step, on_epoch_end, evaluate, save, load.
    """

    task: Task
    #: The metric that decides, without the split's name; None takes the task's own.
    objective: str | None = None
    #: Direction of each further metric: {"f1": "max"}.
    directions: Mapping[str, Literal["min", "max"]] = {}
    #: Names of parameters that are frozen on purpose, `*` matches: ("backbone.*",).
    frozen: tuple[str, ...] = ()
    #: Outputs at a time position may depend on inputs up to it alone; None: told from the data, where it can be.
    causal: bool | None = None
    #: Outputs of a sample depend on the others of its batch, and are meant to.
    couples_batch: bool = False

    config: C
    seed: int
    device: torch.device
    progress: Progress
    #: Which of the processes that train together this is, and how many they are: `world:` of the run file.
    rank: int
    world: int
    #: Samples of one step in this process: train.batch_size is that of all ranks together.
    batch_size: int
    #: Samples of one batch of an evaluation, in each process.
    evaluate_batch_size: int
    accumulate: int
    clip_norm: float | None
    model: Any
    train_loader: Any
    val_loader: Any

    _gonogo_experiment = True
    _count_steps: Callable[[], int] | None = None
    #: When the schedule of a managed step moves; at the end of an epoch, on_epoch_end() moves it.
    schedule_every: Literal["step", "epoch"] = "step"

    #: For adapters: what the run file asks of whoever builds the program. Limits of a preflight, length, precision.
    _asked: Mapping[str, Any] = {}
    #: For adapters: `file:line` of the project's functions that ours stand for, and further facts of the environment.
    _places: Mapping[str, str] = {}
    _environment: Mapping[str, Any] = {}
    #: For adapters: steps are asked for one by one, or the project's own loop goes through an epoch.
    _loop_of: Literal["step", "epoch"] = "step"
    #: What watches a metric in the project's own trainer, as facts.
    _watching: Sequence[Mapping[str, Any]] = ()

    @property
    def steps(self) -> int:
        """Steps of the whole run."""
        if self._count_steps is None:
            raise Fault("STEPS_UNKNOWN", "self.steps is known once the experiment is open")
        return self._count_steps()

    def _before_batch(self) -> None:
        """For adapters: before a live batch is drawn."""

    def setup(self) -> None:
        """Called once a process, with every generator seeded. What it puts on self is found and named."""

    def datasets(self) -> Any:
        """{"train": …, "val": …} and, if there is one, "test": torch Datasets, gonogo.arrays or gonogo.split."""
        raise NotImplementedError

    def collate(self, samples: list[Any]) -> Any:
        """Samples → one batch."""
        from torch.utils.data import default_collate

        return default_collate(samples)

    def optimizers(self, model: Any) -> Any:
        """The optimizer, or (optimizer, scheduler); the scheduler steps once a step."""
        raise NotImplementedError

    def loss(self, batch: Any) -> Any:
        """Mean loss of a batch, or its terms by name: the loss is their sum."""
        raise NotImplementedError

    def metrics(self, batch: Any) -> dict[str, Any]:
        """Further metrics of a batch, each one value a sample."""
        return {}

    def train_step(self, batch: Any) -> Any:
        """One step; returns the loss, or {"loss": …}."""
        raise NotImplementedError

    def on_epoch_end(self) -> None:
        """Called after the last step of each epoch."""

    def evaluate(self, loader: Any) -> dict[str, Any]:
        """Metrics over everything the loader gives: {"val_loss": …, "val_accuracy": …}."""
        raise NotImplementedError

    def save(self, path: str) -> None:
        """Writes a file or a folder at `path`. With an own train_step, every rank calls it: guard what one of them should write."""
        raise NotImplementedError

    def load(self, path: str) -> None:
        raise NotImplementedError

    def extra_state(self) -> dict[str, Any]:
        """Counters that lie outside self, in a trainer say: whole numbers, text and tensors, in dicts.

        They are captured, compared and put back with the other counters. What an evaluation may change does not belong here.
        """
        return {}

    def load_extra_state(self, state: dict[str, Any]) -> None:
        """Puts back what extra_state() gave."""


def defines(kind: type, method: str) -> bool:
    """The experiment has its own `method`."""
    return getattr(kind, method, None) is not getattr(Experiment, method, None)


def config_of(kind: type) -> type | None:
    """The Config of `class Mine(Experiment[Config])`, however far up it was given."""
    for base in kind.__mro__:
        for generic in getattr(base, "__orig_bases__", ()):
            if get_origin(generic) is Experiment:
                given = get_args(generic)[0]
                return None if isinstance(given, TypeVar) or given is type(None) else given
    return None
