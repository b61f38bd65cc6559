"""What `config:` of the run file holds, while a script is imported: as the command line of the script's own parser.
Not here: a Config dataclass, which gonogo checks itself (config.py)."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

from gonogo.errors import Fault

REASON = "the script's own parser reads config as its command line, and checks it"
_values: Mapping[str, Any] | None = None
_asked = False


def arguments() -> list[str]:
    """`config:` as a command line: `{lr: 0.1, dry-run: true}` → ["--lr", "0.1", "--dry-run"]. Give it to the script's parser:
    `args = parser.parse_args(gonogo.arguments())`. What the parser refuses is an error of the run file. Empty outside gonogo."""
    global _asked
    _asked = True
    return [word for key, value in (_values or {}).items() for word in _words(str(key), value)]


def _words(key: str, value: Any) -> list[str]:
    if value is True:
        return [f"--{key}"]
    if value is False or value is None or isinstance(value, Mapping):
        raise Fault(
            "CONFIG_REFUSED", f"config key {key}: a command line cannot say this", seen=repr(value),
            expected="a number, text, a list, or true for a flag; leave the key out, or name the flag that turns it off", where=f"config.{key}",
        )
    return [f"--{key}", *(str(one) for one in value)] if isinstance(value, (list, tuple)) else [f"--{key}", str(value)]


def asked() -> bool:
    """The script took `config:` as its command line."""
    return _asked


@contextmanager
def giving(values: Mapping[str, Any]) -> Iterator[None]:
    """While the script is imported."""
    global _values, _asked
    _values, _asked = values, False
    usual = argparse.ArgumentParser.error

    def refuse(parser: argparse.ArgumentParser, message: str) -> NoReturn:
        if not _asked:
            usual(parser, message)
        key = next((key for key in values if f"--{key}" in message), None)
        raise Fault(
            "CONFIG_REFUSED", "the script's own parser refuses the config", seen=message, expected=parser.format_usage().strip(),
            where=None if key is None else f"config.{key}",
        )

    argparse.ArgumentParser.error = refuse  # type: ignore[method-assign]
    try:
        yield
    finally:
        argparse.ArgumentParser.error = usual  # type: ignore[method-assign]
        _values = None
