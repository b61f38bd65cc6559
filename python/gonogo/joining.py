"""attach(): a process that someone else started, a script, a notebook or a task of a cluster, joins a waiting gonogo.
Not here: what it is then asked (worker.py). Nothing that comes over the connection is run as code: requests are the protocol's."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

from gonogo.errors import Fault

if TYPE_CHECKING:
    from gonogo.experiment import Experiment

ADDRESS, SESSION = "GONOGO_ATTACH", "GONOGO_ATTACH_SESSION"
#: `rank/size` as the launcher gave them: a fresh process may be asked to take itself for the only one.
PLACE = "GONOGO_ATTACH_PLACE"
TRY = "start `gonogo train FILE` first, with `engine: { torch: { attach: {} } }` in FILE; it prints what to set"
# A process that starts anew begins where this one began.
STARTED_IN = os.getcwd()

_serving = False


class AttachError(Fault):
    """Why a process could not join, in the words that its user reads in a traceback."""

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *(f"  {label:<9} {self.details[label]}" for label in ("seen", "expected", "try") if self.details.get(label))])


def attach(experiment: type[Experiment[Any]] | str | os.PathLike[str] | None = None) -> None:
    """Joins the `gonogo train`, `check` or `resume` that waits, serves it, and returns when it has finished.

    `experiment` is the class to train, or the path of the file that defines it; left out, it is the one of the run file.
    The address comes from GONOGO_ATTACH, or else from .gonogo/attach.json in this folder or one above.
    A script is started again from its first line for each fresh process that a check needs, so call this early in it.
    Raises AttachError where nothing waits, the token is wrong, or, in a notebook, when gonogo ends before its time.
    """
    global _serving
    if _serving:
        return  # the experiment's file is this very script, and is being imported
    from gonogo import opening, worker

    address, token = _address()
    if experiment is not None:
        opening.given = experiment if isinstance(experiment, type) else opening.load_class(os.fspath(experiment))
    opening.stays = _stays()
    connection = _connected(address)
    _greet(connection, token)
    from gonogo.wire import Channel

    _lost.clear()
    channel = Channel(connection.fileno(), connection.fileno(), gone=_on_loss)
    _serving = True
    try:
        channel.start(greet=False)
        _worker_of(worker.Worker)(channel).run()
    except KeyboardInterrupt:
        if not _lost.is_set():
            raise
        raise AttachError("ATTACH_LOST", "gonogo ended before its time", expected="a gonogo that lives until its run is over", **{"try": "gonogo resume the run, and call attach() again"}) from None
    finally:
        _serving = False
        channel.end()
        connection.close()


def _greet(connection: socket.socket, token: str) -> None:
    """Says who we are, and hears whether we are welcome."""
    from gonogo import opening
    from gonogo.wire import PROTOCOL, decode, encode

    rank, world = _place()
    hello = {
        "protocol": PROTOCOL, "pid": os.getpid(), "token": token, "rank": rank, "world": world,
        "session": os.environ.get(SESSION), "stays": opening.stays, "program": _program(),
    }
    connection.sendall((encode({"hello": hello}) + "\n").encode())
    answer = b""
    while not answer.endswith(b"\n") and len(answer) < 10_000:
        byte = connection.recv(1)  # not one more: what follows is for the channel
        if not byte:
            raise AttachError("ATTACH_REFUSED", "the process that waits hung up without a word", expected="a gonogo of the same version")
        answer += byte
    reply = decode(answer)
    refused = reply.get("refused")
    if refused:
        details = {key: str(refused[key]) for key in ("seen", "expected", "try") if refused.get(key)}
        raise AttachError(str(refused.get("code")), str(refused.get("message")), **details)


def _worker_of(base: type) -> type:
    class Guest(base):  # type: ignore[misc, valid-type]
        """Serves like any worker; the process is not ours to end."""

        passes = (KeyboardInterrupt,)

        def _answer(self, number: int, op: str, args: dict[str, Any]) -> Any:
            if op == "fresh":
                return self._fresh(number, args)
            if op == "weights":  # in a process that has not loaded the experiment
                kind = "headers" if args.get("headers") else "weights"
                code = f"import sys, json; from gonogo.weights import {kind}; from gonogo.wire import encode; print(encode({kind}(sys.argv[1])))"
                return _elsewhere(code, str(args["dir"]))
            if op == "open" and _place()[1] > 1 and SESSION not in os.environ and "MASTER_PORT" not in os.environ:
                _meet(*_place(), str(args["world"]["address"]))  # Slurm tells no one where to meet
            return super()._answer(number, op, args)

        def _fresh(self, number: int, args: dict[str, Any]) -> None:
            """Starts this program again, from its first line. Does not return."""
            from gonogo import opening
            from gonogo.wire import end_children

            if opening.stays is not None:
                raise Fault("PROCESS_STAYS", "this process cannot start anew", seen=opening.stays)
            session, place = str(args["session"]), args["world"]
            if not re.fullmatch(r"[0-9a-f]{16,64}", session):
                raise Fault("PROTOCOL", "a session is a hexadecimal number", seen=session[:80])
            self._channel.send_last({"id": number, "ok": None})
            end_children()
            os.environ[SESSION] = session
            if _place()[1] > 1:
                os.environ[PLACE] = "/".join(str(one) for one in _place())
                _meet(int(place["rank"]), int(place["size"]), str(place["address"]))
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            os.chdir(STARTED_IN)
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])

    return Guest


def _elsewhere(code: str, argument: str) -> Any:
    from gonogo.wire import decode

    path = os.pathsep.join(one for one in sys.path if one)
    done = subprocess.run([sys.executable, "-c", code, argument], capture_output=True, env={**os.environ, "PYTHONPATH": path}, check=False)
    if done.returncode != 0:
        raise Fault("WEIGHTS_PROCESS", "the process that opens weights failed", seen=done.stderr.decode(errors="replace").strip()[-500:])
    return decode(done.stdout.splitlines()[-1])


_lost = threading.Event()


def _on_loss(code: int) -> None:
    """gonogo is gone. A script has nothing left to do; a notebook goes on, without the operation that was running."""
    from gonogo import opening
    from gonogo.wire import end_children, leave

    if opening.stays is None:
        print("gonogo has ended, and so does the process that had joined it", file=sys.stderr)
        leave(1)
    end_children()
    _lost.set()
    # A signal, and to that thread: it may be waiting for a request that never comes.
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def _address() -> tuple[str, str]:
    """host:port and token."""
    given = os.environ.get(ADDRESS) or _from_file()
    if not given:
        raise AttachError("ATTACH_NOTHING_WAITS", "no gonogo waits for this process", seen=f"{ADDRESS} is not set, and no .gonogo/attach.json lies here or above", **{"try": TRY})
    found = re.fullmatch(r"(.+:\d{1,5})/([0-9a-f]+)", given.strip())
    if not found:
        raise AttachError("ATTACH_ADDRESS", f"{ADDRESS} is no address", seen=given[:80], expected="host:port/token, as gonogo printed it")
    return found[1], found[2]


def _from_file() -> str | None:
    folder = os.getcwd()
    while True:
        try:
            with open(os.path.join(folder, ".gonogo", "attach.json"), encoding="utf8") as file:
                return str(json.load(file)["address"])
        except (OSError, ValueError, KeyError, TypeError):
            pass
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def _connected(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    try:
        connection = socket.create_connection((host.strip("[]"), int(port)), timeout=30)
    except OSError as error:
        raise AttachError("ATTACH_NOTHING_WAITS", "no gonogo waits at this address", seen=f"{address}: {error}", **{"try": TRY}) from None
    connection.settimeout(None)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _place() -> tuple[int, int]:
    """Rank and world size, as torchrun or Slurm tell them."""
    before = re.fullmatch(r"(\d+)/(\d+)", os.environ.get(PLACE, ""))
    if before:
        return int(before[1]), int(before[2])
    for rank, world in (("RANK", "WORLD_SIZE"), ("SLURM_PROCID", "SLURM_NTASKS")):
        if os.environ.get(rank, "").isdigit() and os.environ.get(world, "").isdigit():
            return int(os.environ[rank]), int(os.environ[world])
    return 0, 1


def _meet(rank: int, size: int, address: str) -> None:
    """Sets what init_process_group() reads. The store of a launcher belongs to the group of before: a new one meets at a new port."""
    found = re.fullmatch(r"([\w.:-]+):(\d{1,5})", address)
    if not found:
        raise Fault("PROTOCOL", "the ranks were given no place to meet", seen=address[:80], expected="host:port")
    os.environ.update(RANK=str(rank), WORLD_SIZE=str(size), MASTER_PORT=found[2])
    os.environ.setdefault("MASTER_ADDR", found[1])
    os.environ.setdefault("LOCAL_RANK", os.environ.get("SLURM_LOCALID", str(rank)))
    os.environ.pop("TORCHELASTIC_USE_AGENT_STORE", None)


def _stays() -> str | None:
    """Why this process cannot start itself anew; null where it can."""
    main = sys.modules.get("__main__")
    if hasattr(sys, "ps1") or sys.flags.interactive or "get_ipython" in vars(__import__("builtins")):
        return "an interactive session cannot be started anew without losing what it holds"
    if not getattr(main, "__file__", None):
        return "the program of this process is no file that could be started anew"
    return None


def _program() -> str:
    return os.path.basename(getattr(sys.modules.get("__main__"), "__file__", None) or "an interactive session")
