"""Shares of a batch, the gate that ends ranks together, and sums of gradients over two real processes."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

import pytest
import torch
from harness import Process, Refused, request

from gonogo.parallel import World, _buckets
from gonogo.wire import Gate

MANAGED = Path(__file__).parent / "ranks" / "managed" / "experiment.py"


@pytest.mark.parametrize(("count", "size"), [(16, 2), (11, 2), (1, 2), (2, 3), (0, 2), (7, 4)])
def test_shares_cover_each_sample_once_and_the_first_ranks_have_the_longer(count: int, size: int) -> None:
    parts = [list(range(count))[World(rank, size, "x:1").share(count)] for rank in range(size)]
    assert [one for part in parts for one in part] == list(range(count))
    lengths = [len(part) for part in parts]
    assert lengths == sorted(lengths, reverse=True) or max(lengths) - min(lengths) <= 1
    assert count == 0 or lengths[0] == max(lengths)


def test_equal_shares_pad_from_the_front() -> None:
    parts = [World(rank, 2, "x:1").equal_share([5, 6, 7]) for rank in range(2)]
    assert parts == [[5, 6], [7, 5]]


def test_pieces_are_of_one_dtype_and_in_order() -> None:
    tensors = [torch.zeros(3), torch.zeros(2, dtype=torch.float64), torch.zeros(0), torch.zeros(4)]
    assert [[one.numel() for one in piece] for piece in _buckets(tensors)] == [[3, 4], [2]]


def test_the_gate_ends_at_the_step_that_it_is_told() -> None:
    gate, done = Gate(), []

    def steps() -> None:
        for step in range(1, 100):
            time.sleep(0.002)
            done.append(step)
            if gate.ended(7):
                return

    thread = threading.Thread(target=steps)
    thread.start()
    time.sleep(0.02)
    begun = gate.pause(7)
    time.sleep(0.05)
    assert len(done) == begun  # it waits after the step in hand
    gate.until(7, begun + 3)
    thread.join(5)
    assert len(done) == begun + 3


def test_a_pause_before_the_first_step_has_ended_counts_that_step() -> None:
    gate = Gate()
    assert gate.pause(3) == 1
    gate.until(3, 1)
    assert gate.ended(3)
    assert not gate.ended(4)


def open_world(size: int, **changes: object) -> list[Process]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = []
    for rank in range(size):
        place = {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(size), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
        made.append(Process(**place))
    world = {"size": size, "address": f"127.0.0.1:{port}"}
    opening = [one.send("open", **request(MANAGED, world={**world, "rank": rank}, **changes)) for rank, one in enumerate(made)]
    for one, number in zip(made, opening):
        one.wait(number)
    return made


def all_of(processes: list[Process], op: str, /, **args: object) -> list[object]:
    numbers = [one.send(op, **args) for one in processes]
    return [one.wait(number) for one, number in zip(processes, numbers)]


def test_a_ragged_last_batch_trains_as_one_process_does(tmp_path: Path) -> None:
    # 203 samples in batches of 202: the second holds one, and rank 1 has nothing to compute
    steps = {"steps": 2, "regularisation": False, "statistics": False, "observe": True}
    with Process() as alone:
        alone.ask("open", **request(MANAGED, batchSize=202, world={"rank": 0, "size": 1, "address": "127.0.0.1:1"}))
        one = alone.ask("train", **steps)
    processes = open_world(2, batchSize=202)
    try:
        ranks = all_of(processes, "train", **steps)
        assert [[record["samples"]["count"] for record in records] for records in ranks] == [[101, 1], [101, 0]]
        for step in range(2):
            for name, expected in one[step]["parameters"].items():
                for records in ranks:
                    found = records[step]["parameters"][name]["gradient"]
                    assert found == pytest.approx(expected["gradient"], rel=1e-4, abs=1e-7), (step, name)
        first, second = all_of(processes, "state", op="digest")
        digest = [next(one["digest"] for one in report["sections"] if one["section"] == "parameters") for report in (first, second)]
        assert digest[0] == digest[1]
        noise = [next(one["digest"] for one in report["sections"] if one["section"] == "rng") for report in (first, second)]
        assert noise[0] != noise[1]
        all_of(processes, "persist", op="save", dir=str(tmp_path))
        assert sorted(path.name for path in tmp_path.iterdir()) == ["model.safetensors", "rank1.safetensors", "state.json", "training.safetensors"]
    finally:
        for one_of in processes:
            one_of.__exit__()


def test_a_batch_that_cannot_be_dealt_out_is_refused() -> None:
    with Process() as worker, pytest.raises(Refused) as refused:
        worker.ask("open", **request(MANAGED, batchSize=15, world={"rank": 0, "size": 2, "address": "127.0.0.1:1"}))
    assert refused.value.report["code"] == "WORLD_BATCH"
