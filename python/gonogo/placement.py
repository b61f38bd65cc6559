"""Whether what belongs to a picture goes where the picture goes, and whether the answer stands among the inputs.
Not here: labels that belong to other samples (the check D4 asks a guess and the model)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import torch

from gonogo import batches, seeds
from gonogo.padding import tensor_of

#: Ways in which augmentation turns a picture [..., H, W].
TURNS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "left to right": lambda one: one.flip(-1),
    "upside down": lambda one: one.flip(-2),
    "by 180 degrees": lambda one: one.flip(-1, -2),
    "by 90 degrees": lambda one: one.rot90(1, (-2, -1)),
    "by 270 degrees": lambda one: one.rot90(3, (-2, -1)),
}
DRAWS = 5
#: Of a picture turned against what came out, and of the picture as it was: sure that it was turned, and so.
LIKE, UNLIKE = 0.95, 0.8
MOST = 20_000


def spatial(values: torch.Tensor) -> torch.Tensor | None:
    """A picture as [..., H, W]."""
    if values.ndim == 3 and values.shape[0] > 16 >= values.shape[2]:
        return values.movedim(2, 0)
    return values if values.ndim in (2, 3) and min(values.shape[-2:]) >= 4 else None


def placements(dataset: Any, indices: Sequence[int], seed: int, seconds: float) -> dict[str, Any] | None:
    """Of the fields that have places: how often they went with the input, stayed where they were while it was turned, or were turned alone."""
    found = {"followed": 0, "stayed": 0, "alone": 0, "otherwise": 0, "field": "", "turn": "", "whole": False}
    until = time.monotonic() + seconds
    for index in indices:
        drawn = []
        for draw in range(DRAWS):
            if time.monotonic() > until:
                break
            seeds.seed_all(seed, f"survey/turned {int(index)}.{draw}")
            sample = batches.fields(dataset[int(index)])
            drawn.append({name: values for name, one in sample.items() if (values := tensor_of(one)) is not None})
            if len(drawn) == 2 and not _has_places(drawn[0]):
                return None
        for other in drawn[1:]:
            _compare(drawn[0], other, found)
    return found if any(found[kind] for kind in ("followed", "stayed", "alone", "otherwise")) else None


def _parts(sample: dict[str, torch.Tensor]) -> tuple[str, torch.Tensor | None, dict[str, torch.Tensor]]:
    name = batches.input_name(sample)
    given = sample.get(name)
    picture = None if given is None else spatial(given)
    if picture is None:
        return name, None, {}
    size = picture.shape[-2:]
    maps = {key: one for key, one in sample.items() if key != name and (one.shape[-2:] == size and one.ndim >= 2 or _is_boxes(one) or _is_points(one, size))}
    return name, picture, maps


def _is_boxes(values: torch.Tensor) -> bool:
    if values.ndim != 2 or values.shape[1] != 4 or len(values) == 0 or not bool((values >= 0).all()):
        return False
    return bool((values[:, 2] > values[:, 0]).all() and (values[:, 3] > values[:, 1]).all())


def _is_points(values: torch.Tensor, size: Any) -> bool:
    """Rows of two measures in pixels of a picture that is not square, so that its width is told from its height."""
    height, width = int(size[0]), int(size[1])
    if values.ndim != 2 or values.shape[1] != 2 or not values.is_floating_point() or height == width:
        return False
    return bool((values >= 0).all() and (values.amax(0) > 1).all() and values.max() <= max(height, width))


def _points(was: torch.Tensor, now: torch.Tensor, turn: str, size: Any) -> str | None:
    """Whether points went with their picture: along one column, mirrored at its width or at its height. None: something else happened to them."""
    length = {"left to right": int(size[1]), "upside down": int(size[0])}.get(turn)
    other = {int(size[0]), int(size[1])} - {length}
    moved = [column for column in (0, 1) if _differ(now[:, column], was[:, column]) > 0]
    if length is None:
        return None
    if not moved:
        return "stayed"
    if len(moved) > 1:
        return None
    sums = (was + now)[:, moved[0]]
    if float(sums.max() - sums.min()) > 1e-3:
        return None
    at = float(sums.mean())
    if abs(at - length) <= 1.01:
        return "followed"
    return "otherwise" if any(abs(at - one) <= 1.01 for one in other) else None


def _has_places(sample: dict[str, torch.Tensor]) -> bool:
    return bool(_parts(sample)[2])


def _compare(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor], found: dict[str, Any]) -> None:
    _, before, maps = _parts(one)
    _, after, later = _parts(other)
    if before is None or after is None or before.shape != after.shape:
        return
    turn = _turn(before, after)
    for name, was in maps.items():
        now = later.get(name)
        if now is None or now.shape != was.shape:
            continue
        size = before.shape[-2:]
        if was.shape == one[batches.input_name(one)].shape and _is_view(before, spatial(was)):
            continue  # another view of the same picture is augmented by itself, and is meant to be
        if _is_points(was, size):
            if turn and (went := _points(was, now, turn, size)) is not None:
                found[went] += 1
                if went != "followed":
                    found.update(field=name, turn=turn, whole=False)
        elif turn == "":
            moved = None if _is_boxes(was) else _turned_exactly(was, now)
            if moved is not None:
                found["alone"] += 1
                found.update(field=name, turn=moved, whole=not was.is_floating_point())
        elif turn is not None:
            expected = _box(was, turn, size) if _is_boxes(was) else TURNS[turn](was)
            if expected is None or expected.shape != was.shape or _differ(expected, was) <= 0.02:
                continue  # it looks the same either way
            if _differ(now, was) == 0:
                found["stayed"] += 1
                found.update(field=name, turn=turn, whole=not was.is_floating_point() or _is_boxes(was))
            elif _differ(now, expected) <= 0.02:
                found["followed"] += 1
            elif not _is_boxes(was) and _turned_exactly(was, now) is not None:
                found["otherwise"] += 1
                found.update(field=name, turn=turn, whole=not was.is_floating_point())


def _differ(one: torch.Tensor, other: torch.Tensor) -> float:
    apart = (one.double() - other.double()).abs() > 1e-4 * (1 + other.double().abs())
    return float(apart.double().mean())


def _turn(before: torch.Tensor, after: torch.Tensor) -> str | None:
    """How the picture was turned; '' where it was not, None where that cannot be told."""
    if _like(before, after) >= LIKE:
        return ""
    if _like(before, after) > UNLIKE:
        return None
    likes = {name: _like(moved, after) for name, turn in TURNS.items() if (moved := turn(before)).shape == after.shape}
    best = max(likes, key=lambda name: likes[name])
    second = max([value for name, value in likes.items() if name != best], default=0.0)
    return best if likes[best] >= LIKE and second <= UNLIKE else None


def _is_view(picture: torch.Tensor, other: torch.Tensor | None) -> bool:
    turns = [picture, *(turn(picture) for turn in TURNS.values())]
    return other is not None and any(_like(one, other) > UNLIKE for one in turns if one.shape == other.shape)


def _turned_exactly(was: torch.Tensor, now: torch.Tensor) -> str | None:
    if _differ(now, was) <= 0.02:
        return None
    return next((name for name, turn in TURNS.items() if (moved := turn(was)).shape == now.shape and _differ(now, moved) == 0), None)


def _like(one: torch.Tensor, other: torch.Tensor) -> float:
    a, b = one.double().flatten(), other.double().flatten()
    a, b = a - a.mean(), b - b.mean()
    size = float(a.norm() * b.norm())
    return 1.0 if size == 0 else float(a @ b) / size


def _box(boxes: torch.Tensor, turn: str, size: Any) -> torch.Tensor | None:
    """x1, y1, x2, y2 in pixels, or in parts of the picture."""
    height, width = (1.0, 1.0) if float(boxes.max()) <= 1 else (float(size[0]), float(size[1]))
    x1, y1, x2, y2 = boxes.unbind(1)
    if turn in ("left to right", "by 180 degrees"):
        x1, x2 = width - x2, width - x1
    if turn in ("upside down", "by 180 degrees"):
        y1, y2 = height - y2, height - y1
    return torch.stack([x1, y1, x2, y2], 1) if "90" not in turn and "270" not in turn else None


class Answer:
    """Whether one element of the input is the target, up to a scale and an offset, in every sample."""

    def __init__(self) -> None:
        self._inputs: list[torch.Tensor] = []
        self._targets: list[torch.Tensor] = []
        self._off = False

    def add(self, batch: Any, ids: list[int]) -> None:
        given, target = tensor_of(batches.input_of(batch)), tensor_of(batches.target_of(batch))
        if self._off or given is None or target is None or len(given) != len(target) or target.numel() != len(target) or given.is_complex():
            self._off = True
            return
        flat = given.reshape(len(given), -1)
        shape = self._inputs[0].shape[1] if self._inputs else flat.shape[1]
        if not 2 <= flat.shape[1] <= MOST or flat.shape[1] != shape:
            self._off = True
            return
        if sum(len(one) for one in self._targets) < 256:
            self._inputs.append(flat.to(torch.float64))
            self._targets.append(target.reshape(-1).to(torch.float64))

    def report(self) -> dict[str, Any] | None:
        if self._off or not self._inputs:
            return None
        x, y = torch.cat(self._inputs), torch.cat(self._targets)
        if len(y) < 32 or float(y.std()) == 0 or not bool(torch.isfinite(x).all() and torch.isfinite(y).all()):
            return None
        x, y = x - x.mean(0), y - y.mean()
        like = (y @ x).square() / (x.square().sum(0) * y.square().sum()).clamp(min=1e-300)
        at = int(like.argmax())
        return {"at": at, "of": x.shape[1], "samples": len(y)} if float(like[at]) >= 1 - 1e-8 else None
