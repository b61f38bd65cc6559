"""Which dropout and batch norm are expected in training mode, and what a step that calls them shows.
Not the verdict: that is the check O1."""

import torch
from harness import REPOSITORY  # noqa: F401  puts gonogo on the path
from torch import nn

from gonogo.found import Found
from gonogo.step_modes import minded, noted


def net():
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 2))


def found(**modules):
    return Found(modules=modules)


def test_a_teacher_and_a_dropout_of_nothing_may_rest():
    teacher, student = net().requires_grad_(False).eval(), net()
    student[3].p = 0.0
    assert [name for name, _ in minded(found(pair=nn.ModuleDict({"teacher": teacher, "student": student})))] == ["student.1"]


def test_modes_are_noted_as_they_are_called():
    model, x = net(), torch.randn(5, 4)
    for training in (True, False):
        modes = {}
        with noted(found(model=model), modes):
            model.train(training)(x)
        assert modes == {"1": training, "3": training}
    modes = {}
    with noted(found(model=model), modes):
        model.train()(x)
        model.eval()(x)
    assert modes == {"1": True, "3": True}
    model(x)
    assert modes == {"1": True, "3": True}
