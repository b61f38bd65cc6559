"""Samples that are sparse or complex, tensors that grow between a capture and its restore, meters by the name of an average, streams.
Not here: state of the usual kinds (test_stateful.py)."""

from __future__ import annotations

import itertools
from typing import Any

import harness  # noqa: F401  (puts gonogo on the path)
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from gonogo import batches
from gonogo.experiment import Experiment, Progress
from gonogo.found import find, is_average
from gonogo.state import Slots, read
from gonogo.streams import streams


class EMAMeter:
    def __init__(self) -> None:
        self.decay, self.value = 0.9, None


class EMA:
    def __init__(self, model: nn.Module) -> None:
        self.shadow = {name: one.detach().clone() for name, one in model.named_parameters()}


def experiment(**held: Any) -> Experiment[None]:
    made: Experiment[None] = Experiment()
    made.progress = Progress()
    for name, value in held.items():
        setattr(made, name, value)
    return made


def test_sparse_and_complex_samples_have_a_digest_of_their_numbers():
    dense = torch.tensor([[0.0, 2.0], [0.0, 0.0]])
    other = torch.tensor([[0.0, 3.0], [0.0, 0.0]])
    assert batches.bytes_digest(dense.to_sparse()) != batches.bytes_digest(other.to_sparse())
    assert batches.bytes_digest(dense.to_sparse()) == batches.bytes_digest(dense.clone().to_sparse())
    wave = torch.fft.rfft(torch.arange(8.0))
    assert batches.bytes_digest(wave.conj()) != batches.bytes_digest(wave)
    assert batches.size_of(dense.to_sparse()) > 0 and batches.size_of("text") == 0


def test_a_buffer_that_has_grown_is_put_back_with_its_size():
    model = nn.Linear(2, 2)
    model.register_buffer("bank", torch.arange(3.0))
    held = experiment(model=model)
    slots = Slots()
    slots.capture("small", read(held, find(held), False), find(held))
    model.bank = torch.cat([model.bank, torch.ones(2)])
    slots.capture("large", read(held, find(held), False), find(held))
    slots.restore("small", held, find(held))
    assert model.bank.tolist() == [0, 1, 2]
    slots.restore("large", held, find(held))
    assert model.bank.tolist() == [0, 1, 2, 1, 1]


def test_an_average_bears_weights_and_a_meter_none():
    assert is_average("ema", EMA(nn.Linear(2, 2))) and is_average("ema_weights", {}) and is_average("shadow", {"w": torch.ones(1)})
    assert not is_average("speed", EMAMeter()) and not is_average("ema_loss", 0.3)


def test_streams_are_those_beside_the_training_loader():
    data = TensorDataset(torch.arange(4.0))
    train, beside = DataLoader(data), DataLoader(data)
    assert streams(experiment(train_loader=train, val_loader=DataLoader(data), rows=[1, 2])) == []
    found = streams(experiment(train_loader=train, other=beside, turns={"first": itertools.cycle([1])}, drawn=(one for one in data)))
    assert {"other", "turns.first", "drawn"} <= set(found)
