"""A Config dataclass as JSON Schema, and back: checked JSON as an instance of it.
Not here: YAML. gonogo reads the run file and checks it against this schema, with line and column."""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from typing import Any, Literal, Union

from gonogo.errors import Fault, place_in_class

MISSING = dataclasses.MISSING
WORDS = "bool, int, float, Literal, Enum, a dataclass, list, Optional, or gonogo.name(), gonogo.path(), gonogo.note() for text"


class Mismatch(Exception):
    """A value that the schema would refuse. gonogo says so with line and column, so this only stops us."""


def number(
    default: Any = MISSING, *, min: float | None = None, max: float | None = None, above: float | None = None, below: float | None = None
) -> Any:
    """An int or float with bounds: `min` and `max` are allowed values, `above` and `below` are not."""
    bounds = {"minimum": min, "maximum": max, "exclusiveMinimum": above, "exclusiveMaximum": below}
    return _field(default, {key: value for key, value in bounds.items() if value is not None})


def name(default: Any = MISSING) -> Any:
    """A free string that names something."""
    return _field(default, {"gonogo": "name"})


def path(default: Any = MISSING) -> Any:
    """A free string that is a path."""
    return _field(default, {"gonogo": "path"})


def note(default: Any = MISSING) -> Any:
    """A free string for people; it changes nothing."""
    return _field(default, {"gonogo": "note"})


def _field(default: Any, marks: dict[str, Any]) -> Any:
    metadata = {"gonogo": marks}
    return dataclasses.field(metadata=metadata) if default is MISSING else dataclasses.field(default=default, metadata=metadata)


def schema(config: type | None) -> dict[str, Any] | None:
    """JSON Schema of a Config; null where it is no dataclass and the experiment reads its configuration itself."""
    if config is None:
        return {"type": "object", "properties": {}, "additionalProperties": False}
    if not dataclasses.is_dataclass(config):
        return None
    try:
        return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_object(config, ())}
    except Fault as fault:
        fault.details.update(place_in_class(config, fault.details.pop("key", None)))
        raise


def _object(config: type, at: tuple[str, ...]) -> dict[str, Any]:
    hints = typing.get_type_hints(config)
    properties: dict[str, Any] = {}
    required: list[str] = []
    for field in _fields(config):
        where = (*at, field.name)
        marks = field.metadata.get("gonogo", {})
        found = _type(hints[field.name], where, marks)
        default = _default(field)
        if default is MISSING:
            required.append(field.name)
        else:
            found = {**found, "default": plain(default)}
        properties[field.name] = found
    needed = {"required": required} if required else {}
    return {"type": "object", "properties": properties, **needed, "additionalProperties": False}


def _fields(config: type) -> list[dataclasses.Field[Any]]:
    return [field for field in dataclasses.fields(config) if field.init]


def inner_of(config: type) -> dict[str, type | None]:
    """The keys of a Config, and for each that is a map of keys again, the dataclass behind it."""
    hints = typing.get_type_hints(config)
    return {field.name: next((one for one in (hints[field.name], *typing.get_args(hints[field.name])) if dataclasses.is_dataclass(one) and isinstance(one, type)), None) for field in _fields(config)}


def _default(field: dataclasses.Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default


def _type(hint: Any, at: tuple[str, ...], marks: dict[str, Any]) -> dict[str, Any]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any or hint is object:
        raise _refused("SCHEMA_ANY", at, "Any takes every value, the text \"false\" for one", WORDS)
    if hint is bool:
        return {"type": "boolean"}
    if hint is int:
        return {"type": "integer", **marks}
    if hint is float:
        return {"type": "number", **marks}
    if hint is str:
        if "gonogo" in marks:
            return {"type": "string", **marks}
        raise _refused("SCHEMA_FREE_STRING", at, "str accepts every misspelling", 'Literal["a", "b"], an Enum, or gonogo.name(), gonogo.path(), gonogo.note()')
    if origin is Literal:
        values = list(arguments)
        return {"type": "string", "enum": values} if all(isinstance(value, str) for value in values) else {"enum": values}
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return {"type": "string", "enum": list(_members(hint))}
    if dataclasses.is_dataclass(hint):
        return _object(hint, at)
    if origin in (Union, types.UnionType):
        if set(arguments) == {int, float}:
            return {"type": "number", **marks}
        if type(None) in arguments:
            rest = [argument for argument in arguments if argument is not type(None)]
            inner = _type(rest[0] if len(rest) == 1 else Union[tuple(rest)], at, marks)
            return {"anyOf": [inner, {"type": "null"}]}
    if origin in (list, tuple) and (len(arguments) == 1 or arguments[1:] == (...,)):
        return {"type": "array", "items": _type(arguments[0], (*at, "[]"), marks)}
    if hint is dict or origin is dict:
        raise _refused("SCHEMA_OPEN", at, "a dict takes every misspelt key", "a dataclass of its own")
    raise _refused("SCHEMA_TYPE", at, f"{hint} has no schema", WORDS)


def _refused(code: str, at: tuple[str, ...], message: str, expected: str) -> Fault:
    return Fault(code, f"config key {'.'.join(at)}: {message}", seen=f"{at[0]} in the Config dataclass", expected=expected, key=at[0])


def _members(kind: type[enum.Enum]) -> dict[str, enum.Enum]:
    """What the run file writes for each member: its value where all values are text, else its name."""
    by_value = all(isinstance(member.value, str) for member in kind)
    return {member.value if by_value else member.name: member for member in kind}


def plain(value: Any) -> Any:
    """A default as JSON."""
    if isinstance(value, enum.Enum):
        return next(key for key, member in _members(type(value)).items() if member is value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in _fields(type(value))}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def build(config: type | None, values: dict[str, Any]) -> Any:
    """An instance of Config from JSON. Raises Mismatch where the schema would refuse, else what __post_init__ raises."""
    if config is None:
        if values:
            raise Mismatch("this experiment has no Config")
        return None
    if not dataclasses.is_dataclass(config):
        return config(**values)
    return _build(config, values)


def _build(config: type, values: Any) -> Any:
    if not isinstance(values, dict):
        raise Mismatch("not a map")
    hints = typing.get_type_hints(config)
    known = {field.name: field for field in _fields(config)}
    unknown = values.keys() - known.keys()
    if unknown:
        raise Mismatch(f"unknown key {sorted(unknown)[0]}")
    for field in known.values():
        if field.name not in values and _default(field) is MISSING:
            raise Mismatch(f"{field.name} is missing")
    return config(**{key: _value(hints[key], value) for key, value in values.items()})


def _value(hint: Any, value: Any) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is bool or hint is str:
        return _expect(value, isinstance(value, hint))
    numeric = isinstance(value, (int, float)) and not isinstance(value, bool)
    if hint is int:
        return int(_expect(value, numeric and float(value).is_integer()))
    if hint is float:
        return float(_expect(value, numeric))
    if origin is Literal:
        # 1 == True in Python, so the type decides too.
        matches = [choice for choice in arguments if choice == value and isinstance(choice, bool) == isinstance(value, bool)]
        return _expect(matches, bool(matches))[0]
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        members = _members(hint)
        return members[_expect(value, isinstance(value, str) and value in members)]
    if dataclasses.is_dataclass(hint):
        return _build(hint, value)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        if set(arguments) == {int, float}:
            return _expect(value, numeric)
        rest = [argument for argument in arguments if argument is not type(None)]
        return _value(rest[0], value)
    if origin in (list, tuple):
        items = [_value(arguments[0], item) for item in _expect(value, isinstance(value, list))]
        return items if origin is list else tuple(items)
    raise Mismatch(f"{hint} has no schema")


def _expect(value: Any, holds: bool) -> Any:
    if not holds:
        raise Mismatch(f"{value!r}")
    return value
