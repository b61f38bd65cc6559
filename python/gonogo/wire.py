"""JSON lines over two private pipes: requests on descriptor 3, replies on descriptor 4, and a heartbeat.
Not here: what a request means."""

from __future__ import annotations

import json
import math
import os
import queue
import sys
import threading
from collections.abc import Callable
from typing import Any

MAX_LINE = 64 * 1024 * 1024
PROTOCOL = 1


def encode(value: Any) -> str:
    """JSON text on one line. NaN and infinities become {"$number": "NaN"}, as contract/json.ts has them."""
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":"))
    except ValueError:
        return json.dumps(_marked(value), allow_nan=False, separators=(",", ":"))


def _marked(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return {"$number": "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}
    if isinstance(value, dict):
        return {key: _marked(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_marked(item) for item in value]
    return value


NUMBERS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf, "-0": -0.0}


def decode(text: str | bytes) -> Any:
    return json.loads(text, object_hook=lambda found: NUMBERS.get(found.get("$number"), found) if "$number" in found else found)


class Gate:
    """Ends an op that several ranks do together after the same step on each: no step begins while it is paused.

    The reader's thread answers a pause at once, also while the step in hand waits for another rank.
    """

    def __init__(self) -> None:
        self._moved = threading.Condition()
        self._op, self._begun = 0, 1
        self._paused, self._until = 0, None

    def pause(self, op: int) -> int:
        """No further step of this op begins. How many have; an op that has not begun will do its first."""
        with self._moved:
            self._paused, self._until = op, None
            return self._begun if op == self._op else 1

    def until(self, op: int, steps: int) -> None:
        with self._moved:
            self._paused, self._until = op, steps
            self._moved.notify_all()

    def ended(self, op: int) -> bool:
        """Asked after each step, and before the next: whether that step was the last."""
        with self._moved:
            if op != self._op:
                self._op, self._begun = op, 1
            while self._paused == op and self._until is None:
                self._moved.wait()
            if self._paused == op and self._until is not None and self._begun >= self._until:
                return True
            self._begun += 1
            return False


class Channel:
    """The two pipes. Requests wait in `requests`; `cancelled` is the id of the op that was told to end."""

    def __init__(self, requests: int = 3, replies: int = 4, gone: Callable[[int], None] | None = None):
        """`gone` is called from the reading thread when the other side has ended; without it the process leaves."""
        self.requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.cancelled: int | None = None
        self.gate = Gate()
        self._in, self._out = requests, replies
        self._gone = gone or leave
        self._ended = threading.Event()
        self._last = False
        self._lock = threading.Lock()
        self._own = gone is None  # a process that only joined keeps its children
        self._forking = os.getpid()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(before=self._before_fork, after_in_child=self._in_child)
        for descriptor in (requests, replies):
            os.set_inheritable(descriptor, False)

    def start(self, greet: bool = True) -> None:
        if greet:
            self.send({"hello": {"protocol": PROTOCOL, "pid": os.getpid()}})
        threading.Thread(target=self._read, daemon=True, name="gonogo-requests").start()
        threading.Thread(target=self._beat, daemon=True, name="gonogo-beat").start()

    def ending(self, op: int) -> bool:
        """Asked after each step of an op: it was told to end."""
        return self.cancelled == op or self.gate.ended(op)

    def send(self, message: dict[str, Any]) -> None:
        line = encode(message).encode()
        if len(line) >= MAX_LINE:
            from gonogo.errors import Fault

            raise Fault("REPLY_TOO_LARGE", "the answer does not fit one line", seen=f"{len(line):,} bytes", expected=f"under {MAX_LINE:,}")
        self._write(line + b"\n")

    def send_last(self, message: dict[str, Any]) -> None:
        """And ends. Whoever reads it may hang up before we get to anything else: that is no loss then."""
        self._last = True
        self.send(message)
        self.end()

    def end(self) -> None:
        """No message from here on, in either direction. The descriptors stay open: their owner closes them."""
        self._ended.set()

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        with self._lock:
            while view and not self._ended.is_set():
                try:
                    view = view[os.write(self._out, view) :]
                except OSError:
                    self._leave(0)  # the parent is gone, and nobody is left to tell

    def _read(self) -> None:
        try:
            with os.fdopen(self._in, "rb", closefd=False) as lines:
                for line in lines:
                    if not line.strip():
                        continue
                    message = decode(line)
                    if "cancel" in message:
                        self.cancelled = message["cancel"]
                    elif "pause" in message:
                        self.send({"id": message["pause"], "begun": self.gate.pause(message["pause"])})
                    elif "until" in message:
                        self.gate.until(message["of"], message["until"])
                    else:
                        self.requests.put(message)
        except (OSError, ValueError):
            return self._leave(1)  # half a line, or a connection that broke: the parent died
        self._leave(0)

    def _leave(self, code: int) -> None:
        if not self._ended.is_set():
            self._ended.set()
            if not self._last:
                self._gone(code)

    def _beat(self) -> None:
        count = 0
        while not self._ended.wait(1.0):
            count += 1
            self.send({"beat": count})

    def _before_fork(self) -> None:
        self._forking = os.getpid()

    def _in_child(self) -> None:
        # A DataLoader's children would otherwise keep our pipes open after we are gone.
        self._close()
        if self._own:
            threading.Thread(target=die_with, args=(self._forking,), daemon=True, name="gonogo-parent").start()

    def _close(self) -> None:
        if self._ended.is_set():
            return  # the numbers may belong to someone else by now
        for descriptor in (self._in, self._out):
            try:
                os.close(descriptor)
            except OSError:
                pass


def leave(code: int) -> None:
    """Ends the process at once, whatever user code is running, and the children that it has started."""
    end_children()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass
    os._exit(code)


def die_with(parent: int) -> None:
    """Ends this process once `parent` is no longer its parent. PyTorch's own watchdog asks for its parent when it starts,
    and waits for ever where that one was killed before."""
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(2.0)
    os._exit(1)


def end_children() -> None:
    """Kills what multiprocessing has started, a DataLoader's workers for one; they would wait for a parent that is gone."""
    multiprocessing = sys.modules.get("multiprocessing")
    if multiprocessing is None:
        return
    try:
        for child in multiprocessing.active_children():
            child.kill()
    except Exception:
        pass  # another thread may be starting or ending them at this moment
