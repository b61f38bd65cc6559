"""The learning rate of the whole run where a step sets it from where the run is: the step is asked at moments all over the run.
Not here: rates that schedulers set (rates.py), nor those that hang on anything but `progress`: then there is no answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from gonogo.errors import is_project_file
from gonogo.found import Found

#: Moments that are asked for, and the fewest that make a curve; seconds for all of them, and for the fewest.
POINTS, FEWEST, PATIENCE, LONGEST = 64, 24, 4.0, 12.0

Rates = dict[str, list[float]]


def asked(subject: Any, found: Found, lived: list[Rates], first: int) -> dict[str, Any] | None:
    """Points and extremes of a ScheduleReport; null where the step's rates are not those of `progress` alone. `lived`: the rates of the steps
    after `first`. Updates are suppressed; whoever asks puts everything back."""
    step = getattr(type(subject.experiment), "train_step", None)
    own = step is not None and is_project_file(getattr(getattr(step, "__code__", None), "co_filename", ""))
    if not own or subject.managed_steps or subject.world.size > 1 or found.schedules or not found.optimizers:
        return None
    steps, begun = subject.steps(), time.monotonic()
    shown: dict[int, Rates] = {}
    try:
        drawn = subject.feed().frozen(subject.experiment.batch_size)
        with subject.watch.probe(found, None, True, False, True, suppress=True):
            for moment in [*range(first + 1, first + len(lived) + 1), *_coarse_to_fine(steps)]:
                told = _at(subject, drawn, found, moment)
                if told is None:
                    return None
                shown[moment] = told
                # a busy machine makes slow steps, and fewer moments are no curve
                if moment not in (1, steps) and time.monotonic() - begun > (PATIENCE if len(shown) >= FEWEST else LONGEST):
                    break
            # the same again after all the others: the rate hangs on nothing that counts by itself
            again = [_at(subject, drawn, found, first + 1 + index) for index in range(len(lived))]
    except Exception:  # no program need go through its steps in another order
        return None
    before = [shown[first + 1 + index] for index in range(len(lived))]
    if not _same(again, before) or not _same(before, lived) or len(shown) < min(FEWEST, steps) or steps not in shown:
        return None
    points = [{"step": moment, "rates": shown[moment]} for moment in sorted(shown) if moment <= steps]
    # what stays as it is wherever the run is may hang on anything else
    if all(_same([point["rates"]], [points[0]["rates"]]) for point in points):
        return None
    return {"points": points, "extremes": {name: _extreme(points, name) for name in points[0]["rates"]}}


def _coarse_to_fine(steps: int) -> Iterator[int]:
    """The last step and the first, and those between, so that wherever it ends they lie evenly."""
    yield from (steps, 1)
    for index in range(1, min(POINTS, steps)):
        place, share, half = index, 0.0, 0.5
        while place:
            share, half, place = share + half * (place & 1), half / 2, place >> 1
        yield 1 + round(share * (steps - 1))


def _at(subject: Any, drawn: Any, found: Found, moment: int) -> Rates | None:
    """What every optimizer would have updated with in this step of the run; null where one does not update."""
    progress, epoch = subject.experiment.progress, max(1, subject.feed().steps_per_epoch())
    progress.step, progress.epoch, progress.batch = moment - 1, (moment - 1) // epoch, (moment - 1) % epoch
    taken, _ = subject._step(subject.feed(), drawn, found, {}, None, epoch)
    rates = {one["optimizer"]: list(one["learningRates"]) for one in taken[2] if one["outcome"] == "skipped"}
    return rates if set(rates) == set(found.optimizers) else None


def _same(some: list[Rates | None], others: list[Rates | None]) -> bool:
    return all(
        one is not None and other is not None and one.keys() == other.keys()
        and all(len(one[name]) == len(other[name]) and all(abs(a - b) <= 1e-9 * max(abs(a), abs(b)) for a, b in zip(one[name], other[name])) for name in one)
        for one, other in zip(some, others)
    )


def _extreme(points: list[dict[str, Any]], name: str) -> dict[str, Any]:
    low = min(points, key=lambda one: min(one["rates"][name], default=0.0))
    high = max(points, key=lambda one: max(one["rates"][name], default=0.0))
    return {
        "min": min(low["rates"][name], default=0.0), "minStep": low["step"],
        "max": max(high["rates"][name], default=0.0), "maxStep": high["step"],
        "zeroSteps": sum(max(one["rates"][name], default=0.0) == 0 for one in points),
    }
