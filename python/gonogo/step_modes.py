"""Whether the parts of a model that behave otherwise while training were in training mode when a step called them.
Not here: modes during an evaluation (probes.py)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import nn

from gonogo.found import Found


def minded(found: Found) -> Iterator[tuple[str, nn.Module]]:
    """Dropout and batch norm among layers that train; those of a frozen body or a teacher may rest."""
    met: set[int] = set()
    for module in found.modules.values():
        parts = dict(module.named_modules())
        for name, part in parts.items():
            if id(part) in met:
                continue
            met.add(id(part))
            if isinstance(part, nn.modules.dropout._DropoutNd) and part.p > 0:
                around = parts.get(name.rpartition(".")[0], module)
                if any(one.requires_grad for one in around.parameters()):
                    yield name, part
            elif isinstance(part, nn.modules.batchnorm._BatchNorm) and part.weight is not None and part.weight.requires_grad:
                yield name, part


def spectators(found: Found) -> list[str]:
    """Parameters that no optimizer holds, of parts that are in evaluation mode after a step: a perceptual loss, a teacher."""
    names = found.names()
    owned = {id(one) for optimizer in found.optimizers.values() for group in optimizer.param_groups for one in group["params"]}
    resting = (part for module in found.modules.values() for part in module.modules() if not part.training)
    own = (one for part in resting for one in part.parameters(recurse=False) if one.requires_grad and id(one) not in owned)
    return sorted({names[id(one)] for one in own if id(one) in names})


@contextmanager
def noted(found: Found, modes: dict[str, bool]) -> Iterator[None]:
    """Name → it was called in training mode at least once."""
    with ExitStack() as undo:
        for name, part in minded(found):
            def note(one: nn.Module, _given: Any, name: str = name) -> None:
                modes[name] = modes.get(name, False) or one.training

            undo.callback(part.register_forward_pre_hook(note).remove)
        yield
