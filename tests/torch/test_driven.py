"""A blocking loop driven step by step: strict hand-off, errors, ends, threads.
Real threads; the loops are what people write."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import traceback
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "python"))

from gonogo.driven import Driven, Stopped  # noqa: E402
from gonogo.errors import Fault  # noqa: E402


def epochs(driven_of, count, seen):
    """A loop of `count` epochs that notes each batch's double."""

    def run(loader):
        for epoch in range(count):
            for batch in loader:
                seen.append((epoch, batch, threading.current_thread()))
                driven_of().note(batch * 2)
        return "done"

    return run


def test_steps_and_epochs():
    seen = []
    driven = Driven(epochs(lambda: driven, 2, seen), length=3)
    assert [driven.step(batch) for batch in (1, 2, 3)] == [2, 4, 6]
    assert driven.at == "batch"
    driven.end_epoch()
    assert driven.at == "iterator"
    assert driven.step(10) == 20
    driven.end_epoch()
    assert driven.ended and driven.result == "done"
    assert [(epoch, batch) for epoch, batch, _ in seen] == [(0, 1), (0, 2), (0, 3), (1, 10)]
    assert len({thread for *_, thread in seen}) == 1 and seen[0][2] is not threading.current_thread()
    with pytest.raises(Fault) as caught:
        driven.step(1)
    assert caught.value.code == "LOOP_ENDED"


def test_a_loop_that_is_held_after_each_batch():
    """It knows how many batches there are, and never asks for one more."""
    seen = []

    def run(loader):
        for epoch in range(2):
            driven.hold() if epoch == 0 else None
            batches = iter(loader)
            for _ in range(len(loader)):
                seen.append((epoch, next(batches)))
                driven.note(seen[-1])
                driven.hold()
            seen.append("end")

    driven = Driven(run, length=2, at_loader=False)
    driven.start()
    assert driven.at == "hold"
    assert [driven.step(batch) for batch in "abc"] == [(0, "a"), (0, "b"), (1, "c")]
    assert seen == [(0, "a"), (0, "b"), "end", (1, "c")]
    assert driven.call(lambda: "still here") == "still here"


def test_one_at_a_time():
    """Neither side ever runs while the other does."""
    running, overlaps = [], []

    def run(loader):
        for _ in loader:
            running.append("loop")
            time.sleep(0.002)
            overlaps.extend(one for one in running if one != "loop")
            running.remove("loop")

    driven = Driven(run)
    for batch in range(20):
        driven.step(batch)
        assert running == []
        running.append("caller")
        time.sleep(0.001)
        running.remove("caller")
    assert overlaps == []


def test_what_was_noted_belongs_to_its_step():
    def run(loader):
        for batch in loader:
            if batch % 2:
                driven.note(batch)

    driven = Driven(run)
    assert [driven.step(batch) for batch in range(4)] == [None, 1, None, 3]


def test_call_runs_in_the_loops_thread_and_state():
    import torch

    def run(loader):
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            for batch in loader:
                driven.note((threading.current_thread().name, batch))

    driven = Driven(run, name="test loop")
    state = driven.call(lambda: (threading.current_thread().name, torch.is_grad_enabled(), torch.is_autocast_cpu_enabled()))
    assert state[1:] == (False, True)
    assert driven.step(5) == (state[0], 5) == ("gonogo test loop", 5)
    assert torch.is_grad_enabled() and not torch.is_autocast_cpu_enabled()


def test_a_call_that_fails_leaves_the_loop_alive():
    seen = []
    driven = Driven(epochs(lambda: driven, 1, seen))
    driven.step(1)
    with pytest.raises(ZeroDivisionError):
        driven.call(lambda: 1 / 0)
    assert driven.step(2) == 4
    assert driven.call(lambda: driven.call(lambda: "inner")) == "inner"


def test_the_loops_error_keeps_its_traceback():
    def broken_step(batch):
        raise ValueError(f"bad batch {batch}")

    def run(loader):
        for batch in loader:
            broken_step(batch)

    driven = Driven(run)
    with pytest.raises(ValueError, match="bad batch 7") as caught:
        driven.step(7)
    names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert names[-1] == "broken_step" and "run" in names
    assert driven.ended
    with pytest.raises(Fault, match="has ended"):
        driven.step(8)


@pytest.mark.parametrize("raised", [SystemExit(3), KeyboardInterrupt()])
def test_sys_exit_in_the_loop_reaches_the_caller(raised):
    def run(loader):
        for _ in loader:
            raise raised

    with pytest.raises(type(raised)):
        Driven(run).step(1)


def test_a_loop_that_ends_by_itself():
    def run(loader):
        for batch in loader:
            driven.note(batch)
            if batch == 2:
                return "enough"

    driven = Driven(run)
    driven.step(1)
    assert driven.step(2) == 2  # its last step counts
    assert driven.ended and driven.result == "enough"


def test_a_loop_that_never_asks():
    driven = Driven(lambda loader: "nothing to do")
    with pytest.raises(Fault) as caught:
        driven.step(1)
    assert caught.value.code == "LOOP_ENDED"


def test_stop_unwinds_and_cleans_up():
    ends = []

    def run(loader):
        try:
            for _ in loader:
                try:
                    pass
                except Exception:
                    ends.append("kept")
        except BaseException as error:
            ends.append(type(error))
            raise
        finally:
            ends.append("finally")

    driven = Driven(run)
    driven.step(1)
    driven.stop()
    assert ends == [Stopped, "finally"] and driven.ended
    driven.stop()
    never = Driven(run)
    never.stop()
    assert never.ended


def test_a_loop_whose_clean_up_fails_is_ended_all_the_same():
    def run(loader):
        try:
            for _ in loader:
                pass
        except BaseException as error:
            raise RuntimeError("clean-up") from error

    driven = Driven(run)
    driven.step(1)
    driven.stop()
    assert driven.ended


def test_a_loop_that_will_not_end_is_named():
    def run(loader):
        while True:
            try:
                for _ in loader:
                    pass
            except BaseException:
                pass

    driven = Driven(run)
    driven.step(1)
    with pytest.raises(Fault) as caught:
        driven.stop()
    assert caught.value.code == "LOOP_WILL_NOT_END"


def test_ctrl_c_while_the_loop_runs():
    # a shell starts what it puts into the background with Ctrl-C ignored
    signal.signal(signal.SIGINT, signal.default_int_handler)
    entered = threading.Event()

    def run(loader):
        for _ in loader:
            entered.set()
            time.sleep(0.3)

    driven = Driven(run)
    threading.Thread(target=lambda: (entered.wait(), os.kill(os.getpid(), signal.SIGINT))).start()
    with pytest.raises(KeyboardInterrupt):
        driven.step(1)
    assert driven.ended
    assert driven._thread is not None
    driven._thread.join(5)
    assert not driven._thread.is_alive()


def test_loader_read_in_another_thread_is_refused():
    caught = []

    def run(loader):
        def prefetch():
            try:
                next(iter(loader))
            except Fault as fault:
                caught.append(fault.code)

        helper = threading.Thread(target=prefetch)
        helper.start()
        helper.join()

    driven = Driven(run)
    driven.start()
    assert driven.ended and caught == ["LOADER_IN_ANOTHER_THREAD"]


def test_the_loader_stands_in_for_another():
    class Like:
        dataset, batch_size = "data", 4

    driven = Driven(lambda loader: None, length=lambda: 7, like=Like())
    assert len(driven.loader) == 7 and driven.loader.dataset == "data" and driven.loader.batch_size == 4
    assert not hasattr(driven.loader, "absent")
    with pytest.raises(TypeError):
        len(Driven(lambda loader: None).loader)


def test_driving_from_inside_is_refused():
    def run(loader):
        for batch in loader:
            driven.step(batch + 1)

    driven = Driven(run)
    with pytest.raises(Fault) as caught:
        driven.step(1)
    assert caught.value.code == "LOOP_DRIVES_ITSELF"


def test_exit_does_not_wait_for_a_held_loop():
    program = textwrap.dedent(
        """
        from gonogo.driven import Driven
        driven = Driven(lambda loader: [batch for batch in loader])
        driven.step(1)
        print("left")
        """
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY / "python", capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (0, "left\n", "")


def test_handing_over_is_cheap():
    def run(loader):
        for _ in loader:
            pass

    driven = Driven(run)
    driven.step(0)
    spent = []
    for _ in range(5):
        before = time.process_time()
        for batch in range(1000):
            driven.step(batch)
        spent.append(time.process_time() - before)
    assert min(spent) / 1000 < 200e-6, f"{min(spent) * 1000:.0f} us a step"
