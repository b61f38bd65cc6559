"""Whether gradients are clipped before an optimizer uses them or after it has. One step is watched.
Not here: to which norm (observe.py)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch.nn import utils

from gonogo.errors import project_modules
from gonogo.found import Found

CLIPS = ("clip_grad_norm_", "clip_grad_value_")
#: A limit beyond this is no limit: people ask for the norm that way.
NONE = 1e5


class Order:
    """What happened in one step to the gradients of which parameters, in order."""

    def __init__(self) -> None:
        self.events: list[tuple[str, frozenset[int]]] = []
        #: Gradients that lay there when the first backward() began.
        self.left: bool | None = None
        #: Optimizers that are stepping: what one of them clips (BertAdam, each parameter before it moves) is the step's own.
        self.stepping = 0

    def late(self) -> bool:
        """The last clipping comes after the update that used the same gradients, none came before it, and no update comes after."""
        clips = [place for place, (what, _) in enumerate(self.events) if what.startswith("clip")]
        if not clips:
            return False
        clipped = self.events[clips[0]][1]
        used = [place for place, (what, held) in enumerate(self.events) if what == "step" and held & clipped]
        made = [place for place, (what, _) in enumerate(self.events) if what == "backward"]
        return bool(used) and max(used) < clips[0] and not any(max(used) < place for place in made)


    def void(self) -> bool:
        """Every clipping comes before the backward pass that makes what the update uses, when no gradient lay there: it clips nothing."""
        kinds = [what for what, _ in self.events]
        clips = [place for place, what in enumerate(kinds) if what in ("clip", "clip nothing")]
        updates = [place for place, what in enumerate(kinds) if what == "step"]
        if not clips or not updates or "clip" in kinds:
            return False
        return all(any(clip < made < max(updates) for made, what in enumerate(kinds) if what == "backward") for clip in clips)


def _wrapped(original: Callable[..., Any], order: Order) -> Callable[..., Any]:
    def clip(parameters: Any, limit: Any = None, *rest: Any, **named: Any) -> Any:
        kept = [parameters] if isinstance(parameters, torch.Tensor) else list(parameters)
        value = limit if limit is not None else named.get("max_norm", named.get("clip_value", math.inf))
        if float(value) <= NONE and order.stepping == 0:
            lies = any(one.grad is not None and bool(one.grad.detach().any()) for one in kept)
            order.events.append(("clip" if lies else "clip nothing", frozenset(id(one) for one in kept)))
        return original(kept, *(() if limit is None else (limit,)), *rest, **named)

    return clip


@contextmanager
def noted(found: Found, order: Order) -> Iterator[None]:
    """Notes clippings, updates and backward passes inside; the names under which the project holds the functions are put back."""
    with ExitStack() as undo:
        originals = {name: getattr(utils, name) for name in CLIPS if hasattr(utils, name)}
        wrapped = {id(one): _wrapped(one, order) for one in originals.values()}
        for holder in [utils, utils.clip_grad] + [module for _, module in project_modules()]:
            for key, value in list(vars(holder).items()):
                if id(value) in wrapped:
                    undo.callback(setattr, holder, key, value)
                    setattr(holder, key, wrapped[id(value)])
        for optimizer in found.optimizers.values():
            held = frozenset(id(one) for group in optimizer.param_groups for one in group["params"])
            undo.callback(optimizer.register_step_pre_hook(lambda *_, held=held: _begun(order, held)).remove)
            undo.callback(optimizer.register_step_post_hook(lambda *_: _ended(order)).remove)
        yield


def _begun(order: Order, held: frozenset[int]) -> None:
    order.events.append(("step", held))
    order.stepping += 1


def _ended(order: Order) -> None:
    order.stepping -= 1


def backward(order: Order, found: Found) -> None:
    """To be called as each backward() begins."""
    if order.left is None:
        order.left = any(one.grad is not None and bool(one.grad.detach().any()) for one in found.parameters.values() if one.layout == torch.strided)
    order.events.append(("backward", frozenset()))
