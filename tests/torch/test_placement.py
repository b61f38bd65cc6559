"""Masks and boxes that go with their picture or do not, and a target among the inputs.
Not the verdict: that is the check D4."""

from __future__ import annotations

import pytest
import torch
from harness import REPOSITORY  # noqa: F401  puts gonogo on the path

from gonogo.placement import Answer, placements


class Turned(torch.utils.data.Dataset):
    def __init__(self, how, kind="mask", noise=0.0, turn=lambda one: one.flip(-1)):
        self.how, self.kind, self.noise, self.turn = how, kind, noise, turn

    def __len__(self):
        return 8

    def __getitem__(self, index):
        generator = torch.Generator().manual_seed(index)
        image = torch.randn(3, 12, 12, generator=generator)
        other = {
            "mask": (image[0] > 0).long(),
            "flat": torch.zeros(12, 12, dtype=torch.long),
            "map": image.mean(0, keepdim=True),
            "view": image.clone(),
            "boxes": torch.tensor([[1.0, 2.0, 5.0, 9.0], [0.0, 1.0, 3.0, 4.0]]),
            "label": torch.tensor(index),
        }[self.kind]
        first, second = torch.rand(2).tolist()
        if first < 0.5:
            image = self.turn(image)
        if {"together": first, "never": 1.0, "apart": second}[self.how] < 0.5:
            x1, y1, x2, y2 = other.unbind(1) if self.kind == "boxes" else [None] * 4
            other = torch.stack([12 - x2, y1, 12 - x1, y2], 1) if self.kind == "boxes" else other if self.kind == "label" else self.turn(other)
        return image + self.noise * torch.randn(image.shape), other


def told(*given, **named):
    return placements(Turned(*given, **named), range(8), 0, 60)


@pytest.mark.parametrize("kind", ["mask", "map", "boxes"])
def test_what_goes_with_its_picture_is_told(kind):
    found = told("together", kind, noise=0.05)
    assert found["followed"] >= 5 and found["stayed"] == found["alone"] == 0


@pytest.mark.parametrize(("kind", "whole"), [("mask", True), ("map", False), ("boxes", True)])
def test_what_stays_is_told(kind, whole):
    found = told("never", kind, noise=0.05)
    assert found["stayed"] >= 5 and found["followed"] == 0 and found["whole"] is whole


def test_two_draws_are_told():
    found = told("apart")
    assert found["stayed"] >= 2 and found["alone"] >= 2 and found["followed"] >= 1


@pytest.mark.parametrize("turn", [lambda one: one.flip(-2), lambda one: one.rot90(1, (-2, -1)), lambda one: one.flip(-1, -2)])
def test_other_turns(turn):
    assert told("never", turn=turn)["stayed"] >= 5
    assert told("together", turn=turn)["stayed"] == 0


def test_what_looks_the_same_either_way_and_what_has_no_place_say_nothing():
    assert told("never", "flat") is None
    assert told("never", "label") is None


def test_two_views_of_a_picture_are_augmented_apart():
    assert told("apart", "view") is None


def answer(inputs, targets):
    found = Answer()
    for start in range(0, len(inputs), 16):
        found.add((inputs[start : start + 16], targets[start : start + 16]), list(range(16)))
    return found.report()


def test_a_target_among_the_inputs():
    x = torch.randn(64, 4, 3, generator=torch.Generator().manual_seed(0))
    assert answer(x, x[:, 3, 1:2]) == {"at": 10, "of": 12, "samples": 64}
    assert answer(x, 5 * x[:, 0, 0] - 2)["at"] == 0
    labels = (x[:, 0, 0] > 0).long()
    assert answer(torch.cat([x.flatten(1), (labels[:, None] - 0.5) / 0.49], 1), labels)["at"] == 12
    for other in (x[:, 0, 0] + 1e-3 * x[:, 1, 1], x[:, 0, 0] * x[:, 0, 1], labels, torch.ones(64), x):
        assert answer(x, other) is None
    assert answer(x[:20], x[:20, 0, 0]) is None


class Points(torch.utils.data.Dataset):
    def __init__(self, moved):
        self.moved = moved

    def __len__(self):
        return 8

    def __getitem__(self, index):
        generator = torch.Generator().manual_seed(index)
        image = torch.randn(1, 12, 20, generator=generator)
        points = 1.5 + torch.rand(3, 2, generator=generator) * torch.tensor([18.0, 10.0])
        if torch.rand(()) < 0.5:
            image, points = self.moved(image, points)
        return image, points


def mirrored(length):
    return lambda image, points: (image.flip(-1), torch.stack([length - points[:, 0], points[:, 1]], 1))


@pytest.mark.parametrize("length", [19, 20])
def test_points_go_with_their_picture(length):
    found = placements(Points(mirrored(length)), range(8), 0, 60)
    assert found["followed"] >= 5 and found["stayed"] == found["otherwise"] == 0


def test_points_that_stay_or_go_along_the_other_side_are_told():
    stay = placements(Points(lambda image, points: (image.flip(-1), points)), range(8), 0, 60)
    assert stay["stayed"] >= 5 and not stay["whole"]
    other = placements(Points(lambda image, points: (image.flip(-2), torch.stack([19 - points[:, 0], points[:, 1]], 1))), range(8), 0, 60)
    assert other["otherwise"] >= 5 and other["followed"] == 0


def test_a_mask_that_is_turned_the_other_way_is_told():
    class Other(Turned):
        def __getitem__(self, index):
            image, mask = super().__getitem__(index)
            return (image.rot90(1, (-2, -1)), mask.rot90(-1, (-2, -1))) if torch.rand(()) < 0.5 else (image, mask)

    found = placements(Other("never", turn=lambda one: one), range(8), 0, 60)
    assert found["otherwise"] >= 5 and found["followed"] == 0 and found["whole"]
