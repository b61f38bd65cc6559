"""Copies of a network that follow it: how far behind they are after a step, beside how far that step went.
Not here: whether they are saved (checkpoint.py)."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import torch
from torch import nn

from gonogo.found import Found


def _copies(found: Found) -> dict[str, dict[str, torch.Tensor]]:
    """Networks that no gradient moves, as parameters by name."""
    parts: dict[str, Any] = {**found.averages, **found.modules}
    for name, module in found.modules.items():
        parts.update({f"{name}.{path}": part for path, part in module.named_children()})
    known = {name: dict(one.named_parameters()) for name, one in parts.items() if isinstance(one, nn.Module)}
    return {name: own for name, own in known.items() if own and not any(one.requires_grad for one in own.values())}


def behind(found: Found, before: dict[str, torch.Tensor]) -> dict[str, float]:
    """Copy → its distance from the network that it is like, in lengths of that network's last step. `before`: parameters as they were before it."""
    live: dict[tuple[str, tuple[int, ...]], list[str]] = defaultdict(list)
    for name, one in found.parameters.items():
        if one.requires_grad and name in before and before[name].shape == one.shape:
            live[name.rpartition(".")[2], tuple(one.shape)].append(name)
    told = {}
    for copy, own in _copies(found).items():
        pairs = []
        for leaf, one in own.items():
            leaf = leaf.removeprefix("module.")
            twins = [name for name in live[leaf.rpartition(".")[2], tuple(one.shape)] if name == leaf or name.endswith("." + leaf)]
            if len(twins) == 1:
                pairs.append((one.detach(), found.parameters[twins[0]].detach(), before[twins[0]]))
        if len(pairs) < len(own):
            continue
        gap = sum(float((one - other).double().square().sum()) for one, other, _ in pairs)
        way = sum(float((other - past.to(other.device)).double().square().sum()) for _, other, past in pairs)
        if way > 0:
            told[copy] = (gap / way) ** 0.5
    return told
