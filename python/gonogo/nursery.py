"""A process that has imported PyTorch and the packages of an experiment, and nothing of the experiment: workers are forked from it.
Not here: what a worker does (worker.py). Started by gonogo as `python -m gonogo.nursery`; POSIX only.

It has one thread, runs no kernel and opens no device: only so is a fork as good as a start. Where a package starts threads, draws
from a generator or opens CUDA as it is imported, it says so, and gonogo starts its workers in the plain way."""

from __future__ import annotations

import gc
import importlib
import json
import os
import random
import select
import shutil
import signal
import socket
import sys
import threading
import traceback
import warnings
from typing import Any

from gonogo.bytecode import spare_the_project

REQUESTS, REPLIES = 3, 4
#: What PyTorch imports when the first optimizer is made: more than a second for each process.
LATER = ("torch._dynamo",)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    spare_the_project()
    for descriptor in (REQUESTS, REPLIES):
        os.set_inheritable(descriptor, False)
    # A wake-up for each child that ends: select() then returns, and the child is asked how.
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    unfit = loaded([])
    say({"ready": unfit})
    pending = b""
    while True:
        ready, _, _ = select.select([REQUESTS, woken], [], [])
        if woken in ready:
            try:
                os.read(woken, 4096)
            except BlockingIOError:
                pass
            bury()
        if REQUESTS in ready:
            data = os.read(REQUESTS, 65536)
            if not data:
                shutil.rmtree(sys.argv[1], ignore_errors=True)  # gonogo may have been killed
                os._exit(0)
            *lines, pending = (pending + data).split(b"\n")
            for request in map(json.loads, lines):
                if "load" in request:
                    unfit = unfit or loaded([] if request["load"] is None else [*request["load"], *LATER])
                    say({"ready": unfit})
                elif fork(request) == 0:
                    signal.set_wakeup_fd(-1)
                    for descriptor in (woken, wake):
                        os.close(descriptor)
                    become_worker(request)


def say(message: dict[str, Any]) -> None:
    try:
        os.write(REPLIES, json.dumps(message).encode() + b"\n")  # short: one write is whole
    except OSError:
        pass  # gonogo is gone: the end of its requests says so, and what is left behind is removed then


def bury() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        code = os.waitstatus_to_exitcode(status)
        say({"exited": pid, "code": code if code >= 0 else None, "signal": signal.Signals(-code).name if code < 0 else None})


def loaded(names: list[str]) -> str | None:
    """Imports these modules, in this order. Null, or why this process must not be forked."""
    from gonogo import opening

    try:
        opening.need_torch()
        import gonogo.subject  # noqa: F401
        import gonogo.weights  # noqa: F401
        import gonogo.worker  # noqa: F401
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    before = generators()
    for name in names:
        try:
            importlib.import_module(name)
        except BaseException as error:  # what cannot be imported here, the worker imports as the experiment does
            if isinstance(error, MemoryError):
                raise
    if generators() != before:
        return "a package draws random numbers as it is imported"
    if threading.active_count() > 1:
        return "a package starts a thread as it is imported"
    import torch

    if torch.cuda.is_initialized():
        return "a package opens CUDA as it is imported"
    return None


def generators() -> tuple[Any, ...]:
    """States of the generators that everybody shares."""
    import numpy
    import torch

    kind, keys, *rest = numpy.random.get_state()
    return random.getstate(), kind, keys.tobytes(), rest, bytes(torch.get_rng_state().numpy())


def fork(request: dict[str, Any]) -> int:
    gc.collect()
    gc.freeze()  # a collection in a child would touch, and so copy, every page that holds an object
    with warnings.catch_warnings():
        # Python counts OpenBLAS's threads, which are told of a fork and cope with it.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid:
        say({"forked": request["fork"], "pid": pid})
    return pid


def become_worker(request: dict[str, Any]) -> None:
    """The rest of a child's life."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()  # a group of its own: one kill takes its children too
        log = os.open(request["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        for stream in (1, 2):
            os.dup2(log, stream)
        os.close(log)
        os.environ.update(request["env"])
        os.chdir(request["cwd"])
        if sys.path and sys.path[0] != os.getcwd():
            sys.path[0] = os.getcwd()  # `-m` puts the folder that a process starts in first
        line = socket.socket(socket.AF_UNIX)
        line.connect(request["socket"])
        joined = line.detach()
        os.dup2(joined, REQUESTS)
        os.dup2(joined, REPLIES)
        os.close(joined)
        from gonogo import worker

        worker.main()
    except BaseException:
        traceback.print_exc()
        os._exit(1)


if __name__ == "__main__":
    main()
