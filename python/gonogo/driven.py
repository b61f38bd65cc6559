"""A blocking training loop of somebody else's, driven step by step: it runs in a thread of its own, and only one of the two ever runs.
Not here: what the loop is (Lightning's, Hugging Face's, a script's), and what a step means to gonogo."""

from __future__ import annotations

import contextvars
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Literal

from gonogo.errors import Fault

#: A loop that catches the end this often will not be ended by another.
PATIENCE = 8
#: Entered in the loop's thread for as long as the loop has a batch: PyTorch keeps its modes for each thread.
WITHIN: list[Any] = []


class Stopped(BaseException):
    """Unwinds a loop that is told to end. Not an Exception, so that `except Exception` in the loop does not keep it."""


class Driven:
    """`run(loader)` trains and blocks. It is given a loader whose next batch is whatever `step` is called with.

    The loop asks for its next batch once it is done with the last, so that is where it is held: between two steps.

        driven = Driven(lambda loader: trainer.fit(module, loader))
        noted = driven.step(batch)      # hands one batch over; back when the loop asks for the next one, or has ended
        driven.call(evaluate)           # runs in the loop's thread: grad mode, autocast and the CUDA device are the loop's
        driven.end_epoch()              # the loader ends; back when the loop wants to go through it again, or has ended
        driven.stop()

    A loop with a better place to be held than its loader, a callback or a hook after each batch, calls `hold()` there and takes
    `at_loader=False`: then it is held there alone, for as long as each batch passes there.

    `length` is what len(loader) says, a number or a function; without one the loader has no length.
    `like` is the loader in whose place this one stands: its other attributes (dataset, batch_size, …) are read from there.
    What the loop raises is raised by the call that let it run, with the loop's own traceback.
    """

    def __init__(
        self,
        run: Callable[[Pushed], Any],
        *,
        length: int | Callable[[], int] | None = None,
        like: Any = None,
        name: str = "training loop",
        at_loader: bool = True,
    ):
        self.loader = Pushed(self, length, like)
        #: Where the loop is held: before its first step it has not begun.
        self.at: Literal["unbegun", "iterator", "batch", "hold", "ended"] = "unbegun"
        self.name = name
        self.result: Any = None
        self._run, self._at_loader = run, at_loader
        self._thread: threading.Thread | None = None
        # Raw locks as two turnstiles: handing over costs microseconds, and each wakes exactly the one who waits.
        self._ours, self._theirs = threading.Lock(), threading.Lock()
        self._ours.acquire()
        self._theirs.acquire()
        self._order: tuple[str, Any] | None = None
        self._answer: Any = None
        self._failed: BaseException | None = None
        self._noted: Any = None
        self._taken: tuple[str, Any] | None = None  # by hold(), for the loader to give
        self._stopping = self._left = False
        self._within = ExitStack()

    @property
    def ended(self) -> bool:
        return self.at == "ended"

    def start(self) -> None:
        """Runs the loop until it is first held. `step` and `call` do so by themselves."""
        if self.at != "unbegun":
            return
        # Context variables, unlike thread-locals, are meant to travel.
        inside = contextvars.copy_context()
        # A daemon: no exit of the process waits for a loop that is held.
        self._thread = threading.Thread(target=inside.run, args=(self._inside, _device()), daemon=True, name=f"gonogo {self.name}")
        self._thread.start()
        self._wait()

    def step(self, batch: Any) -> Any:
        """Lets the loop have `batch`. Returns what was noted meanwhile, or None."""
        self._noted = None
        self._hand_over(("batch", batch))
        noted, self._noted = self._noted, None
        return noted

    def end_epoch(self) -> None:
        """Ends the loader's iterator. Afterwards `at` is "iterator", or "ended"."""
        self._hand_over(("end", None))

    def call(self, function: Callable[[], Any]) -> Any:
        """Runs `function` in the loop's thread, where the loop is held. What it raises is raised here; the loop goes on."""
        if threading.current_thread() is self._thread:
            return function()
        self._hand_over(("call", function))
        answer, self._answer = self._answer, None
        return answer

    def note(self, value: Any) -> None:
        """Called in the loop: what `step` is to return."""
        self._noted = value

    def hold(self) -> None:
        """Called in the loop, after a batch: the step is over. The next batch is the one that the loader gives next."""
        self._taken = self._held("hold")

    def stop(self) -> None:
        """Ends the loop where it is held. Its `finally` and `except BaseException` run; afterwards `at` is "ended"."""
        if self.at in ("unbegun", "ended"):
            self.at = "ended"
            return
        self._stopping = True
        for _ in range(PATIENCE):
            try:
                self._hand_over(("stop", None))
            except Exception:
                pass  # cleaning up after a loop that was cut off may fail, and says nothing about the program
            if self.ended:
                return
        raise Fault("LOOP_WILL_NOT_END", f"the {self.name} catches what should end it", seen=f"asked {PATIENCE} times", expected="no `except BaseException` that goes on")

    # In the caller's thread

    def _hand_over(self, order: tuple[str, Any]) -> None:
        if threading.current_thread() is self._thread:
            raise Fault("LOOP_DRIVES_ITSELF", f"the {self.name} cannot drive itself", seen=f"{order[0]} from inside the loop")
        self.start()
        if self.ended:
            raise Fault("LOOP_ENDED", f"the {self.name} has ended", expected="a loop that goes through its loader for as long as it is given batches")
        self._order = order
        self._theirs.release()
        self._wait()

    def _wait(self) -> None:
        try:
            self._ours.acquire()
        except BaseException:  # Ctrl-C while the loop runs: it ends at its next batch, and nobody waits for it
            self._left, self.at = True, "ended"
            raise
        failed, self._failed = self._failed, None
        if failed is not None and not (self._stopping and isinstance(failed, Stopped)):
            raise failed

    # In the loop's thread

    def _inside(self, device: int | None) -> None:
        try:
            if device is not None:
                import torch

                torch.cuda.set_device(device)
            self.result = self._run(self.loader)
        except BaseException as error:  # sys.exit() and Ctrl-C of the loop's own, too, belong to the caller
            self._failed = error
        self.at = "ended"
        if not self._left:
            self._ours.release()

    def _held(self, at: Literal["iterator", "batch", "hold"]) -> tuple[str, Any]:
        """Waits for an order that lets the loop go on; a call is made on the way."""
        if threading.current_thread() is not self._thread:
            raise Fault(
                "LOADER_IN_ANOTHER_THREAD", f"the {self.name} reads its loader in a thread of its own", seen=threading.current_thread().name,
                expected="batches drawn by the loop itself", **{"try": "turn the prefetching off that wraps the training loader"},
            )
        self._within.close()
        if self._left:
            raise Stopped
        self.at = at
        while True:
            self._ours.release()
            self._theirs.acquire()
            order, self._order = self._order, None
            assert order is not None
            kind, value = order
            if kind == "stop":
                raise Stopped
            if kind != "call":
                for one in WITHIN if kind == "batch" else ():
                    self._within.enter_context(one)
                return order
            try:
                self._answer = value()
            except BaseException as error:
                self._failed = error


class Pushed:
    """The loader that the loop goes through."""

    def __init__(self, driven: Driven, length: int | Callable[[], int] | None, like: Any):
        self._driven, self._length, self._like = driven, length, like

    def __iter__(self) -> Iterator[Any]:
        return _Batches(self._driven, self._driven._held("iterator") if self._driven._at_loader else None)

    def __len__(self) -> int:
        if self._length is None:
            raise TypeError(f"the loader of a driven {self._driven.name} has no length")
        return self._length() if callable(self._length) else self._length

    def __getattr__(self, name: str) -> Any:
        # Where the data stands is not the loop's to save: it never draws from the loader that this one is like.
        if name.startswith("__") or name in ("_driven", "_length", "_like", "state_dict", "load_state_dict") or self._like is None:
            raise AttributeError(name)
        return getattr(self._like, name)


class _Batches:
    """One pass. The order that let the loop begin it is answered by the first batch."""

    def __init__(self, driven: Driven, first: tuple[str, Any] | None):
        self._driven = driven
        self._waiting: tuple[str, Any] | None = first
        self._over = False

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if self._over:
            raise StopIteration
        order, self._waiting = self._waiting or self._driven._taken, None
        self._driven._taken = None
        kind, value = self._driven._held("batch") if order is None else order
        if kind == "end":
            self._over = True
            raise StopIteration
        return value


def _device() -> int | None:
    """The current CUDA device, which each thread has for itself; null where CUDA was not used yet."""
    torch: Any = sys.modules.get("torch")
    return torch.cuda.current_device() if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized() else None
