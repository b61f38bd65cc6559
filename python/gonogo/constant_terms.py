"""Terms that a step adds to its loss though they are constants: made from what trains, under no_grad, after detach(), or from a derivative
that was taken without create_graph, of which nobody can train anything.
Not here: terms that the program returns by name (trace.py), and what becomes a plain number on the way (.item())."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from gonogo.errors import is_project_file, shown

ADDING = {"add", "__add__", "__radd__", "__iadd__", "add_", "sub", "__sub__", "__rsub__", "__isub__", "sub_", "stack"}
#: What carries a sum on unchanged in kind: nothing here makes its gradient hang on a constant in it.
LINEAR = ADDING | {"mul", "__mul__", "__rmul__", "__imul__", "mul_", "div", "__truediv__", "__itruediv__", "div_", "neg", "__neg__", "sum", "mean", "to", "float", "double", "squeeze", "reshape", "view"}
#: What makes a constant of a number on purpose.
BY_HAND = {"detach", "detach_", "__get__"}
DETACHED, ADDED, DERIVED, DERIVATIVES = "_gonogo_detached", "_gonogo_added", "_gonogo_derived", "_gonogo_derivatives"


def _tensors(values: Any) -> Iterator[torch.Tensor]:
    for one in values:
        if isinstance(one, torch.Tensor):
            yield one
        elif isinstance(one, (list, tuple)):
            yield from (inner for inner in one if isinstance(inner, torch.Tensor))


class Constants(TorchFunctionMode):
    """Follows, while it is entered, numbers that hang on what trains and have no gradient, until one is added to a scalar that has one."""

    def __init__(self) -> None:
        super().__init__()
        #: Leaves by which a derivative was asked for, by identity: places of an equation, inputs of a penalty.
        self.places: dict[int, torch.Tensor] = {}

    def __torch_function__(self, function: Any, types: Any, arguments: Any = (), named: Any = None) -> Any:
        named = named or {}
        made = function(*arguments, **named)
        given = list(_tensors((*arguments, *named.values())))
        if getattr(function, "__name__", "") == "grad":
            self.places.update((id(one), one) for one in given if one.is_leaf)
        for one in _tensors([made] if isinstance(made, (torch.Tensor, list, tuple)) else ()):
            self._follow(getattr(function, "__name__", ""), given, one)
        return made

    def _follow(self, name: str, given: list[torch.Tensor], made: torch.Tensor) -> None:
        constants = [one for one in given if one is not made and getattr(one, DETACHED, False)]
        if not made.requires_grad:
            if constants or any(one.requires_grad for one in given):
                setattr(made, DETACHED, True)
            # what someone detaches by hand is meant to be a constant
            if name not in BY_HAND and (name == "grad" and any(one.requires_grad for one in given) or any(getattr(one, DERIVED, False) for one in given)):
                setattr(made, DERIVED, True)
            return
        told = [place for one in given for place in getattr(one, ADDED, ())]
        derivatives = [place for one in given for place in getattr(one, DERIVATIVES, ())]
        scalars = all(one.ndim == 0 for one in given) and len(given) > 1
        if name in ADDING and scalars and constants:
            told.append(_place())
            derivatives += [told[-1]] if any(getattr(one, DERIVED, False) for one in constants) else []
        # a factor that trains, or one that is followed, makes more of it than a sum
        if told and name in LINEAR and (name in ADDING or sum(one.requires_grad for one in given) == 1 and not constants):
            setattr(made, ADDED, list(dict.fromkeys(told)))
            setattr(made, DERIVATIVES, list(dict.fromkeys(derivatives)))


def added(roots: Any, what: str = ADDED) -> list[str]:
    """`file:line` of each constant that stands in what backward() is called on; '' where the line is not the project's."""
    tensors = [roots] if isinstance(roots, torch.Tensor) else list(_tensors([roots]))
    return [place for one in tensors for place in getattr(one, what, ())]


def _place() -> str:
    frame: Any = sys._getframe(3)
    while frame is not None:
        if is_project_file(frame.f_code.co_filename):
            return f"{shown(frame.f_code.co_filename)}:{frame.f_lineno}"
        frame = frame.f_back
    return ""
