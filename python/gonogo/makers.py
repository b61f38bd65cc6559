"""Where a tensor was made: the line of the project's code that assigns the layer which holds it.
Not here: where the experiment's own methods stand (facts.py). A guess from source text, cheap, and null where it would be one."""

from __future__ import annotations

import inspect
import re
from typing import Any

from gonogo.errors import is_project_file, shown
from gonogo.experiment import defines
from gonogo.found import Found, main_module

Source = tuple[str, int, list[str]]


def of_tensors(found: Found, kind: type) -> dict[str, str]:
    """Tensor → `file:line`. A layer of a class of the project's: the line that sets it there; one that the experiment makes: its
    model() or setup()."""
    main, sources = main_module(found), _Sources()
    maker = next((made for name in ("model", "setup") if defines(kind, name) and (made := sources.of(getattr(kind, name)))), None)
    places: dict[str, str] = {}
    for name in [*found.parameters, *found.buffers]:
        root = main if main is not None and not any(name.startswith(f"{one}.") for one in found.modules if one != main) else name.split(".")[0]
        module = found.modules.get(root or "")
        if module is None:
            continue
        path = name if root == main else name.removeprefix(f"{root}.")
        place = _inside(module, path.split("."), sources)
        if place is None and maker is not None:
            file, first, lines = maker
            # A model that is put together in the method itself: the line on which its class, or it, is named.
            line = next((index for index, text in enumerate(lines) if re.search(rf"\b{re.escape(type(module).__name__)}\s*\(", text)), 0)
            place = f"{shown(file)}:{first + line}"
        if place is not None:
            places[name] = place
    return places


def _inside(module: Any, parts: list[str], sources: _Sources) -> str | None:
    """The innermost layer of a class of the project's on the way to a tensor, and the line that sets the next part of the path."""
    place, current = None, module
    for depth, part in enumerate(parts):
        source = sources.of(type(current))
        if source is not None:
            file, first, lines = source
            line = next((index for index, text in enumerate(lines) if re.search(rf"\bself\.{re.escape(part)}\b\s*(:[^=]+)?=[^=]", text)), None)
            if line is None:
                line = next((index for index, text in enumerate(lines) if re.search(rf"[\"']{re.escape(part)}[\"']", text)), 0)
            place = f"{shown(file)}:{first + line}"
        if depth == len(parts) - 1 or not hasattr(current, "_modules") or part not in current._modules:
            break
        current = current._modules[part]
    return place


class _Sources:
    """Source text of the project's classes and functions, each read once."""

    def __init__(self) -> None:
        self._known: dict[Any, Source | None] = {}

    def of(self, one: Any) -> Source | None:
        if one not in self._known:
            self._known[one] = self._read(one)
        return self._known[one]

    def _read(self, one: Any) -> Source | None:
        try:
            path = inspect.getsourcefile(one)
            if path is None or not is_project_file(path):
                return None
            lines, first = inspect.getsourcelines(one)
        except (OSError, TypeError):
            return None
        return path, first, lines
