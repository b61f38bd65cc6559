"""Which keys of `config:` an experiment reads while it is opened, trained and evaluated.
Not here: the schema, or building the Config (config.py). Keys that nobody asks for are judged by gonogo."""

from __future__ import annotations

import dataclasses
import sys
from typing import Any

#: Copying and printing a config is no use of it.
COPYING = frozenset({"copy", "copyreg", "pickle", "multiprocessing.reduction"})
PRINTING = frozenset({"__repr__", "__str__", "__eq__", "__hash__"})
#: These hand values on to the project's own functions.
HANDING = frozenset({"gonogo.signatures"})


class Reads:
    """Notes the first read of each field, by a hook on the class itself: whoever holds the config, it stays what it is."""

    def __init__(self) -> None:
        self._paths: dict[str, tuple[type, str]] = {}
        self._seen: dict[tuple[type, str], bool] = {}

    def watch(self, kind: Any) -> None:
        """Looks at a Config dataclass and those inside it, before one is made: what __post_init__ reads counts."""
        self._collect(kind, "")
        for each in {owner for owner, _ in self._paths.values()}:
            self._hook(each)

    def read(self) -> list[str]:
        """Dotted paths; where two keys share a class, each is read once either is."""
        return [path for path, at in self._paths.items() if self._seen.get(at)]

    def _collect(self, kind: Any, prefix: str) -> None:
        from gonogo.config import inner_of

        if not dataclasses.is_dataclass(kind) or not isinstance(kind, type) or prefix.count(".") > 12:
            return
        for name, inside in inner_of(kind).items():
            self._paths[prefix + name] = (kind, name)
            if inside is not None:
                self._collect(inside, f"{prefix}{name}.")

    def _hook(self, kind: type) -> None:
        fields = {name for owner, name in self._paths.values() if owner is kind}
        seen, original = self._seen, kind.__getattribute__

        def noting(self: Any, name: str) -> Any:
            if name in fields:
                if not seen.get((kind, name)) and _counts(sys._getframe(1)):
                    seen[kind, name] = True
            elif name == "__dict__" and _counts(sys._getframe(1)):
                seen.update({(kind, field): True for field in fields})
            return original(self, name)

        kind.__getattribute__ = noting  # type: ignore[method-assign,assignment]


def _counts(frame: Any) -> bool:
    module = frame.f_globals.get("__name__", "")
    if module in COPYING or frame.f_code.co_name in PRINTING:
        return False
    return module in HANDING or not (module == "gonogo" or module.startswith("gonogo."))
