"""A worker in a real process, driven over its two pipes, as the engine drives it.
Not a test itself."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "python"))

from gonogo import wire  # noqa: E402


class Refused(Exception):
    """An error reply."""

    def __init__(self, report: dict[str, Any]):
        super().__init__(json.dumps(report, indent=1))
        self.report = report


class Process:
    """`python -m gonogo.worker` with requests on descriptor 3 and replies on 4."""

    def __init__(self, python: list[str] | None = None, **environment: str):
        given, self._requests = os.pipe()
        self._replies, back = os.pipe()
        # Out of the way of 3 and 4, which the shell below makes of them.
        request_out, reply_in = (fcntl.fcntl(descriptor, fcntl.F_DUPFD, 50) for descriptor in (given, back))
        # The shell moves our descriptors to 3 and 4; Python cannot place them itself.
        command = f'exec "$@" 3<&{request_out} 4>&{reply_in} {request_out}<&- {reply_in}>&-'
        self.process = subprocess.Popen(
            ["bash", "-c", command, "worker", *(python or [sys.executable]), "-m", "gonogo.worker"],
            pass_fds=(request_out, reply_in),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY / "python"), **environment},
        )
        for descriptor in (given, back, request_out, reply_in):
            os.close(descriptor)
        self.lines = os.fdopen(self._replies, "rb")
        self.hello = self.read()
        self.beats: list[float] = []
        self._next = 0

    def read(self) -> dict[str, Any]:
        line = self.lines.readline()
        if not line:
            raise EOFError(f"the worker ended with {self.process.wait(10)}: {self.output()}")
        return wire.decode(line)

    def output(self) -> str:
        return self.process.stdout.read().decode() if self.process.stdout else ""

    def write(self, message: dict[str, Any]) -> None:
        os.write(self._requests, (wire.encode(message) + "\n").encode())

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
                items += reply["items"]
                streamed = True
            elif "error" in reply:
                raise Refused(reply["error"])
            else:
                return items if streamed else reply["ok"]

    def end(self) -> int:
        """Closes our end of descriptor 3: the worker must leave by itself."""
        if self._requests >= 0:
            os.close(self._requests)
            self._requests = -1
        try:
            return self.process.wait(10)
        finally:
            self.lines.close()
            if self.process.stdout:
                self.process.stdout.close()

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
