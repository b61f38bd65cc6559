"""One batch that training and validation share, a graph say: which of its targets the training loss hangs on, and which the validation's scores.
Not here: samples that lie in both splits (samples.py); what is in both is judged by D3."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from gonogo import batches, state
from gonogo.corrupt import with_field
from gonogo.errors import Fault
from gonogo.evaluation import metrics_of
from gonogo.found import find
from gonogo.managed import terms_of

#: Targets that are tried, one by one, and the fewest that make a set of them.
TRIED, FEWEST = 16, 24


def look(subject: Any) -> dict[str, Any] | None:
    """Null where the two do not share a batch, or nothing in it is a set of classes."""
    drawn, given = subject.feed().frozen(1), _validated(subject)
    if given is None or batches.bytes_digest(drawn.batch) != batches.bytes_digest(given):
        return None
    for name, field in batches.fields(drawn.batch).items():
        whole = isinstance(field, torch.Tensor) and field.ndim == 1 and len(field) >= FEWEST and not field.is_floating_point() and field.dtype != torch.bool
        known = torch.unique(field) if whole else []
        if not whole or not 2 <= len(known) <= len(field) // 4:
            continue
        trained, scored = [], []
        first = _both(subject, drawn, drawn.batch)
        if first is None or first != _both(subject, drawn, drawn.batch):
            return None
        places = [int(at * len(field) / TRIED) for at in range(TRIED)]
        for at in places:
            changed = field.clone()
            changed[at] = known[(int((known == field[at]).nonzero()) + 1) % len(known)]
            after = _both(subject, drawn, with_field(drawn.batch, name, changed))
            if after is None:
                return None
            trained += [at] if after[0] != first[0] else []
            scored += [at] if after[1] != first[1] else []
        if trained or scored:
            return {"field": name, "tried": len(places), "trained": len(trained), "scored": len(scored), "both": len({*trained} & {*scored})}
    return None


def _validated(subject: Any) -> Any:
    loader, _ = subject._splits["val"].loader(None, None)
    return next(iter(loader), None)


def _both(subject: Any, drawn: Any, batch: Any) -> tuple[float, dict[str, float]] | None:
    """Loss of a training step whose update is suppressed, and scores of an evaluation, both on this batch; everything is put back."""
    experiment, split, slots = subject.experiment, subject._splits["val"], state.Slots()
    slots.capture("targets", state.read(experiment, find(experiment), subject.mid_update()), find(experiment))
    try:
        found = find(experiment)
        with subject.watch.probe(found, None, False, False, True, suppress=True):
            feed = subject.feed()
            _, result = subject._step(feed, replace(drawn, batch=batch), found, {}, None, feed.steps_per_epoch())
        slots.restore("targets", experiment, find(experiment))
        loader, limit = split.loader(None, None)
        tap = batches.Tap(loader, limit)
        tap.change = lambda _given: batch
        with split.quiet(), torch.no_grad():
            scores = subject.managed.evaluate(tap) if subject.managed_evaluation else experiment.evaluate(tap)
        return terms_of(result)[0], {name: float(value) for name, value in metrics_of(scores, "val").items()}
    except Fault:
        raise
    except Exception:  # no program need take what it was never given
        return None
    finally:
        slots.restore("targets", experiment, find(experiment))
