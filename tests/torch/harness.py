"""A worker in a real process, driven over the two ends of its channel, as the engine drives it.
Not a test itself."""

from __future__ import annotations

import atexit
import fcntl
import functools
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "python"))

from gonogo import wire  # noqa: E402
from gonogo.records import unpacked  # noqa: E402


class Refused(Exception):
    """An error reply."""

    def __init__(self, report: dict[str, Any]):
        super().__init__(json.dumps(report, indent=1))
        self.report = report


class Started:
    """`python -m gonogo.worker` with requests on descriptor 3 and replies on 4."""

    def __init__(self, python: list[str] | None, environment: dict[str, str]):
        given, self.requests = os.pipe()
        self.replies, back = os.pipe()
        self._process = popen([*(python or [sys.executable]), "-m", "gonogo.worker"], given, back, subprocess.PIPE, environment)
        self.pid, self.poll, self.kill, self.wait = self._process.pid, self._process.poll, self._process.kill, self._process.wait

    def output(self) -> str:
        return self._process.stdout.read().decode()

    def finish(self) -> None:
        os.close(self.requests)

    def close(self) -> None:
        self._process.stdout.close()


def popen(command: list[str], given: int, back: int, out: int, environment: dict[str, str]) -> subprocess.Popen:
    # Out of the way of 3 and 4, which the shell below makes of them.
    request_out, reply_in = (fcntl.fcntl(descriptor, fcntl.F_DUPFD, 50) for descriptor in (given, back))
    # The shell moves our descriptors to 3 and 4; Python cannot place them itself.
    shell = f'exec "$@" 3<&{request_out} 4>&{reply_in} {request_out}<&- {reply_in}>&-'
    process = subprocess.Popen(
        ["bash", "-c", shell, "worker", *command],
        pass_fds=(request_out, reply_in),
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "python"), **environment},
    )
    for descriptor in (given, back, request_out, reply_in):
        os.close(descriptor)
    return process


class Nursery:
    """`python -m gonogo.nursery`: workers forked from one import of PyTorch, for all the tests of a session."""

    def __init__(self) -> None:
        self.folder = tempfile.mkdtemp()
        given, self._requests = os.pipe()
        self._replies, back = os.pipe()
        self._process = popen([sys.executable, "-m", "gonogo.nursery", self.folder], given, back, subprocess.DEVNULL, {})
        self._lines, self._count, self._ends = b"", 0, {}
        self._send({"load": []})
        assert [self._said(60)["ready"] for _ in range(2)] == [None, None]

    def _send(self, message: dict[str, Any]) -> None:
        os.write(self._requests, json.dumps(message).encode() + b"\n")

    def _said(self, seconds: float) -> dict[str, Any] | None:
        while b"\n" not in self._lines:
            if not select.select([self._replies], [], [], seconds)[0]:
                return None
            read = os.read(self._replies, 65536)
            assert read, "the nursery has ended"
            self._lines += read
        line, self._lines = self._lines.split(b"\n", 1)
        return json.loads(line)

    def fork(self, environment: dict[str, str]) -> Forked:
        self._count += 1
        path = os.path.join(self.folder, str(self._count))
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path)
            listening.listen()
            self._send({"fork": self._count, "socket": path, "log": f"{path}.log", "cwd": os.getcwd(), "env": {**os.environ, **environment}})
            while "forked" not in (said := self._said(20) or {}):
                self._ends[said["exited"]] = said
            listening.settimeout(20)
            connection, _ = listening.accept()
        return Forked(self, said["pid"], connection, f"{path}.log")

    def ended(self, pid: int, seconds: float) -> int | None:
        """Its exit status; null where it still runs after these seconds."""
        until = time.monotonic() + seconds
        while pid not in self._ends:
            said = self._said(max(0.0, until - time.monotonic()))
            if said is None:
                return None
            self._ends[said["exited"]] = said
        end = self._ends[pid]
        return end["code"] if end["code"] is not None else -getattr(signal, end["signal"])

    def close(self) -> None:
        os.close(self._requests)
        self._process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)


@functools.cache
def nursery() -> Nursery:
    made = Nursery()
    atexit.register(made.close)
    return made


class Forked:
    def __init__(self, nursery: Nursery, pid: int, connection: socket.socket, log: str):
        self._nursery, self._connection, self._log, self.pid = nursery, connection, log, pid
        self.requests, self.replies = connection.fileno(), os.dup(connection.fileno())

    def poll(self) -> int | None:
        return self._nursery.ended(self.pid, 0)

    def wait(self, seconds: float) -> int:
        ended = self._nursery.ended(self.pid, seconds)
        if ended is None:
            raise subprocess.TimeoutExpired("worker", seconds)
        return ended

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def output(self) -> str:
        return Path(self._log).read_text()

    def finish(self) -> None:
        self._connection.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._connection.close()


class Process:
    """A worker that has said hello."""

    def __init__(self, python: list[str] | None = None, **environment: str):
        """Forked, as gonogo's checks are; started by itself where its Python, or that Python's settings, are others."""
        alone = python is not None or sys.platform != "linux" or any(name.startswith("PYTHON") for name in environment)
        self.process = Started(python, environment) if alone else nursery().fork(environment)
        self.lines = os.fdopen(self.process.replies, "rb")
        self.hello = self.read()
        self.beats: list[float] = []
        self._next, self._finished = 0, False

    def read(self) -> dict[str, Any]:
        line = self.lines.readline()
        if not line:
            raise EOFError(f"the worker ended with {self.process.wait(10)}: {self.output()}")
        return wire.decode(line)

    def output(self) -> str:
        return self.process.output()

    def write(self, message: dict[str, Any]) -> None:
        os.write(self.process.requests, (wire.encode(message) + "\n").encode())

    def send(self, op: str, /, **args: Any) -> int:
        self._next += 1
        self.write({"id": self._next, "op": op, "args": args})
        return self._next

    def ask(self, op: str, /, **args: Any) -> Any:
        """The answer, or for ops that stream their items."""
        return self.wait(self.send(op, **args))

    def wait(self, number: int) -> Any:
        items: list[Any] = []
        streamed = False
        while True:
            reply = self.read()
            if "beat" in reply:
                self.beats.append(time.monotonic())
                continue
            assert reply["id"] == number, reply
            if "items" in reply:
                items += unpacked(reply["items"])
                streamed = True
            elif "error" in reply:
                raise Refused(reply["error"])
            else:
                return items if streamed else reply["ok"]

    def end(self) -> int:
        """Closes our end: the worker must leave by itself."""
        self.let_go()
        try:
            return self.process.wait(10)
        finally:
            self.lines.close()
            self.process.close()

    def let_go(self) -> None:
        """Closes our end and waits for nothing."""
        if not self._finished:
            self._finished = True
            self.process.finish()

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        if not self.lines.closed:
            self.end()


def request(experiment: str | Path, **changes: Any) -> dict[str, Any]:
    """An OpenRequest."""
    return {
        "experiment": str(experiment),
        "config": {},
        "seed": 0,
        "threads": 1,
        "length": {"epochs": 2},
        "batchSize": 16,
        "evaluateBatchSize": 32,
        "accumulate": 1,
        "clipNorm": None,
        "precision": "float32",
        "device": "cpu",
        "limit": {"trainBatches": None, "valSamples": None},
        **changes,
    }
