"""Whether the targets of a loss can be met at all: whether what they ask for is among what can be chosen, and within what the output can reach.
Not here: the form of what a loss takes (loss_inputs.py)."""

from __future__ import annotations

from typing import Any

import torch

from gonogo.before_loss import bounded

#: A logit below this was put there to be chosen never.
MASKED = -1e4
#: Share of the targets' variance that lies beyond the output's range: from here on it is told.
BEYOND = 0.05

Found = dict[str, Any]


def self_similarity(given: torch.Tensor, target: Any) -> Found | None:
    """Logits that are a set's similarities to itself: exactly symmetric, and nothing is more like a row than the row. A row then competes
    with itself, or is all that is asked for."""
    if given.ndim != 2 or given.shape[0] != given.shape[1] or len(given) < 4 or target.is_floating_point() or target.shape != given.shape[:1]:
        return None
    values = given.detach().double()
    diagonal = values.diagonal()
    if not bool(torch.isfinite(values).all()) or float(diagonal.min()) <= MASKED:
        return None
    others = values.masked_fill(torch.eye(len(values), dtype=torch.bool, device=values.device), float("-inf"))
    symmetric = float((values - values.T).abs().max()) <= 1e-5 * float(values.abs().max())
    # a constant matrix is symmetric, too
    if not symmetric or float((diagonal > others.amax(1)).double().mean()) < 0.9:
        return None
    own = target == torch.arange(len(target), device=target.device)
    if not bool(own.any()):
        return {"fault": "self-among-others", "of": len(values)}
    return {"fault": "self-asked-for", "of": len(values)} if bool(own.all()) else None


def masked_target(given: torch.Tensor, target: Any, ignored: int) -> Found | None:
    """Most rows ask for a class whose logit was masked, while others were not."""
    if given.ndim < 2 or target.is_floating_point():
        return None
    known = (target != ignored) & (target >= 0) & (target < given.shape[1])
    if not bool(known.any()):
        return None
    values = given.detach()
    asked = values.gather(1, target.clamp(0, given.shape[1] - 1).long().unsqueeze(1)).squeeze(1)[known]
    best = values.amax(1)[known]
    share = float(((asked <= MASKED) & (best > MASKED)).double().mean())
    return {"fault": "target-masked", "share": share} if share >= 0.5 else None


def out_of_reach(given: Any, target: Any) -> Found | None:
    """The share of the targets' variance that an output of this range leaves in any case."""
    made = bounded(given)
    if made is None or given.shape != target.shape or target.numel() < 16:
        return None
    how, low, high = made
    values = target.detach().double()
    spread = float(values.var(correction=0))
    left = float((values - values.clamp(low, high)).square().mean())
    if not spread > 0 or not left > BEYOND * spread:
        return None
    return {"fault": "out-of-reach", "how": how, "share": left / spread, "low": float(values.min()), "high": float(values.max())}
