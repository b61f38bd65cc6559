"""A Config made of what a project's own classes and functions take, so that its run file is checked key by key.
Not here: the schema of a Config (config.py), or what is built from it."""

from __future__ import annotations

import dataclasses
import inspect
import re
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Union

from gonogo import config as configs
from gonogo.errors import Fault
from gonogo.facts import place_of

#: Parameters that the run file has another place for: `train.batch_size`, `evaluate.batch_size`, `seed`.
ELSEWHERE = {"batch_size": "batch_size", "eval_batch_size": "evaluate_batch_size", "val_batch_size": "evaluate_batch_size", "seed": "seed"}
PATHS = re.compile(r"(^|_)(dir|directory|folder|root|path|file|filename|ckpt|checkpoint)$")
NAMES = re.compile(r"(^|_)(name|id|tag|url|uri|project|entity|version)$")


@dataclasses.dataclass(frozen=True)
class Maker:
    """A class or a function of the project, and where each of its arguments comes from."""

    make: Callable[..., Any]
    keys: tuple[str, ...]
    elsewhere: tuple[str, ...]
    fixed: Mapping[str, Any]
    paths: frozenset[str]

    def __call__(self, experiment: Any) -> Any:
        given = {key: getattr(experiment.config, key) for key in self.keys}
        given = {key: Path(value) if key in self.paths and value is not None else value for key, value in given.items()}
        return self.make(**given, **{key: getattr(experiment, ELSEWHERE[key]) for key in self.elsewhere}, **self.fixed)


def makers(made: Mapping[str, Callable[..., Any] | None], fixed: Mapping[str, Any]) -> tuple[type | None, dict[str, Maker]]:
    """The Config that all of them share, null where nothing is left to configure, and a Maker for each.

    A name that two of them take is one key. Faults: SIGNATURE_TYPE, SIGNATURE_CLASH, SIGNATURE_FIXED.
    """
    fields: dict[str, tuple[Any, Any, dict[str, Any], str]] = {}
    found: dict[str, Maker] = {}
    taken: set[str] = set()
    for role, make in made.items():
        if make is None:
            continue
        keys, elsewhere, mine, paths = [], [], {}, set()
        for parameter, hint in _parameters(make):
            if parameter.name in fixed:
                mine[parameter.name] = fixed[parameter.name]
                taken.add(parameter.name)
            elif parameter.name in ELSEWHERE:
                elsewhere.append(parameter.name)
            else:
                kind, marks, path = _kind(make, parameter, hint)
                _add(fields, parameter, kind, marks, make)
                keys.append(parameter.name)
                paths |= {parameter.name} if path else set()
        found[role] = Maker(make, tuple(keys), tuple(elsewhere), mine, frozenset(paths))
    unused = [key for key in fixed if key not in taken]
    if unused:
        raise Fault("SIGNATURE_FIXED", f"fixed={{…}} gives {unused[0]}, which nothing takes", seen=", ".join(unused), expected=", ".join(sorted(fields)) or "no parameter")
    return _config(fields), found


def _config(fields: dict[str, tuple[Any, Any, dict[str, Any], str]]) -> type | None:
    if not fields:
        return None
    return dataclasses.make_dataclass(
        "Config",
        [(name, kind, configs._field(default, marks) if marks else dataclasses.field(**_default(default))) for name, (kind, default, marks, _) in fields.items()],
        kw_only=True,
    )


def _default(default: Any) -> dict[str, Any]:
    if default is configs.MISSING:
        return {}
    return {"default_factory": lambda: list(default)} if isinstance(default, list) else {"default": default}


def _parameters(make: Callable[..., Any]) -> list[tuple[inspect.Parameter, Any]]:
    """What can be given by name, with its type: as written, or that of its default."""
    function = make.__init__ if isinstance(make, type) else make  # type: ignore[misc]
    try:
        hints = typing.get_type_hints(function)
    except Exception:  # a name that only a type checker imports
        hints = {}
    given = [one for one in inspect.signature(make).parameters.values() if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]
    return [(one, hints.get(one.name, _guess(one))) for one in given]


def _guess(parameter: inspect.Parameter) -> Any:
    default = parameter.default
    if default is parameter.empty or default is None:
        return Any
    if isinstance(default, (list, tuple)):
        kinds = {type(item) for item in default}
        return list[kinds.pop()] if len(kinds) == 1 else Any  # type: ignore[misc]
    return type(default)


def _kind(make: Any, parameter: inspect.Parameter, hint: Any) -> tuple[Any, dict[str, Any], bool]:
    """The type of the field, its marks, and whether the program wants a Path."""
    name = parameter.name
    path = _mentions(hint, Path)
    if path:
        hint = _instead(hint)
    marks: dict[str, Any] = {}
    if path or _mentions(hint, str):
        if path or PATHS.search(name):
            marks = {"gonogo": "path"}
        elif NAMES.search(name):
            marks = {"gonogo": "name"}
        else:
            raise _refused(make, name, "str accepts every misspelling", 'Literal["a", "b"], an Enum, or a name that ends in _dir, _path or _name')
    try:
        configs._type(hint, (name,), marks)
    except Fault as fault:
        raise _refused(make, name, str(fault).split(": ", 1)[-1], fault.details.get("expected") or configs.WORDS) from None
    return hint, marks, path


def _mentions(hint: Any, kind: type) -> bool:
    """`kind`, or Optional of it; a str within a list has no mark to bear and stays refused."""
    return hint is kind or (typing.get_origin(hint) is Union or type(hint).__name__ == "UnionType") and any(one is kind for one in typing.get_args(hint))


def _instead(hint: Any) -> Any:
    rest = tuple(dict.fromkeys(str if one is Path else one for one in typing.get_args(hint)))
    return str if hint is Path else Union[rest]  # type: ignore[return-value]


def _refused(make: Any, name: str, why: str, expected: str) -> Fault:
    return Fault(
        "SIGNATURE_TYPE", f"parameter {name} of {make.__name__} is no config key: {why}", seen=name, expected=expected,
        where=_place(make), **{"try": f"adapt(…, fixed={{{name!r}: …}}), which takes it out of the run file"},
    )


def _add(fields: dict[str, tuple[Any, Any, dict[str, Any], str]], parameter: inspect.Parameter, kind: Any, marks: dict[str, Any], make: Any) -> None:
    name = parameter.name
    default = configs.MISSING if parameter.default is parameter.empty else parameter.default
    if isinstance(default, Path):
        default = str(default)
    if isinstance(default, tuple):
        default = list(default) if typing.get_origin(kind) is list else default
    if name not in fields:
        fields[name] = (kind, default, marks, make.__name__)
        return
    known, before, marks_before, owner = fields[name]
    if known != kind or marks_before != marks:
        raise Fault(
            "SIGNATURE_CLASH", f"{owner} and {make.__name__} both take {name}, with different types", seen=f"{known} and {kind}", expected="one type",
            where=_place(make), **{"try": f"adapt(…, fixed={{{name!r}: …}}) or another name in one of them"},
        )
    if before is not default and before != default:
        # Two defaults cannot both hold for one key, so the run file says which.
        fields[name] = (kind, configs.MISSING, marks, owner)


def _place(make: Any) -> str | None:
    return place_of(make.__init__ if isinstance(make, type) else make) or place_of(make)
