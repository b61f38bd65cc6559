"""A worker under experiments that print, hang, crash and leave children behind.
Not the attached kind: attach.test.ts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from harness import Process, Refused, request

ROBUST = Path(__file__).parent / "robust.py"


def opened(kind: str, start: str = "fork") -> Process:
    process = Process(TEST_KIND=kind, TEST_START=start)
    process.ask("open", **request(ROBUST, batchSize=8, evaluateBatchSize=8))
    return process


def group_of(leader: int) -> list[int]:
    """Processes of a worker's group that are alive; zombies are not."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            state, _, group = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(group) == leader and state != "Z":
            found.append(int(entry))
    return found


def gone(leader: int, seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not group_of(leader):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("start", ["fork", "spawn"])
@pytest.mark.parametrize("end", ["closed", "parent killed in mid-step"])
def test_loader_children_never_remain(start: str, end: str):
    with opened("workers", start) as process:
        process.ask("train", steps=3)
        process.ask("evaluate")
        leader = process.process.pid
        assert len(group_of(leader)) >= 5, "the worker and two children a loader"
        if end != "closed":
            process.send("train", steps=10_000)
        process.end()  # as the death of the parent does: descriptor 3 ends
        assert gone(leader), group_of(leader)


def test_an_exception_in_a_loader_child_shows_the_line_of_the_dataset():
    with opened("torn") as process:
        with pytest.raises(Refused) as refused:
            process.ask("train", steps=8)
        report = refused.value.report
        assert report["code"] == "USER_CODE"
        assert "sample 3 is torn" in report["message"]
        assert "robust.py" in report["where"]
        assert "raise ValueError" in report["excerpt"]
        first, where_caught, frame = report["trace"].splitlines()[:3]
        assert first == report["message"] == "ValueError: sample 3 is torn"
        assert "DataLoader worker process" in where_caught
        assert frame.strip().startswith(report["where"].rsplit(":", 1)[0])
        process.ask("state", op="digest")  # it still answers
        leader = process.process.pid
        process.end()
        assert gone(leader)


def test_prints_of_every_kind_go_to_the_log_and_never_into_the_channel():
    with opened("prints") as process:
        assert len(process.ask("train", steps=3)) == 3
        process.ask("evaluate")
        leader = process.process.pid
        process.let_go()
        process.process.wait(10)
        log = process.output()
        for words in ("from Python", "from a shell", "from C", "an error from C", "a forgery"):
            assert words in log
        assert gone(leader)


def test_the_heart_beats_while_user_code_hangs():
    with opened("hangs") as process:
        number = process.send("train", steps=1)
        beats = 0
        while beats < 3:
            message = process.read()
            assert "beat" in message, message
            beats += 1
        process.write({"cancel": number})
        leader = process.process.pid
        process.end()
        assert gone(leader)


def test_a_cancelled_evaluation_ends_soon_and_leaves_the_generators_and_the_mode_alone():
    with opened("slow") as process:
        before = process.ask("state", op="digest")
        started = time.monotonic()
        number = process.send("evaluate")
        time.sleep(0.8)
        process.write({"cancel": number})
        with pytest.raises(Refused) as refused:
            process.wait(number)
        assert refused.value.report["code"] == "CANCELLED"
        assert time.monotonic() - started < 3
        assert process.ask("state", op="digest") == before


def test_a_reply_that_fits_no_message_is_an_error_and_no_end():
    with opened("talkative") as process:
        with pytest.raises(Refused) as refused:
            process.ask("evaluate")
        assert refused.value.report["code"] == "REPLY_TOO_LARGE"
        assert len(process.ask("train", steps=1)) == 1


def test_signal_handlers_of_the_project_do_not_keep_it_alive():
    with opened("handlers") as process:
        process.ask("train", steps=1)
        leader = process.process.pid
        os.kill(leader, signal.SIGINT)
        assert len(process.ask("train", steps=1)) == 1
        process.end()
        assert gone(leader)


FORKS = """
import os, signal, time
from gonogo.wire import Channel
Channel(*os.pipe())
child = os.fork()
if child == 0:
    time.sleep(60)
    os._exit(0)
print(child, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_child_ends_though_its_parent_was_killed_as_it_was_born():
    """PyTorch's watchdog asks for its parent when it starts: too late here, and the child would wait for ever."""
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "python")}
    done = subprocess.run([sys.executable, "-c", FORKS], env=env, stdout=subprocess.PIPE, text=True)
    assert done.returncode == -signal.SIGKILL
    child = int(done.stdout)
    end = time.monotonic() + 10
    while time.monotonic() < end and alive(child):
        time.sleep(0.1)
    assert not alive(child)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
