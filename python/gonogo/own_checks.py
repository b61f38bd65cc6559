"""Checks that a project declares itself: the decorator, the words of an answer, and what such a check may ask of the experiment.
Not here: when it runs and what its answer means for the run; gonogo decides both, as for every check of its own."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any, Literal, TypeVar, overload

from gonogo.errors import Fault

__all__ = ["CheckSubject", "check", "go", "no_go", "skipped", "warn"]

Called = TypeVar("Called", bound=Callable[..., Any])
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
MARK = "_gonogo_check"


@overload
def check(name: Called, /) -> Called: ...
@overload
def check(
    name: str | None = None, /, *, at: Literal["initial", "trained"] = "initial", needs: Iterable[str] = (), after: Iterable[str] = ()
) -> Callable[[Called], Called]: ...
def check(name: Any = None, /, *, at: str = "initial", needs: Iterable[str] = (), after: Iterable[str] = ()) -> Any:
    """Declares a check of the project: a method of the experiment, `(self, subject)`, or a function in its file, `(subject)`.

    It runs in every poll beside gonogo's, as `own/NAME`; the function's name is its own where none is given. `at`: before the first step,
    or after a few. `needs`: abilities without which it is skipped. `after`: checks of gonogo that must not be NO-GO.

    >>> @gonogo.check("classes-balanced")
    ... def balanced(self, subject):
    ...     share = ...
    ...     return gonogo.go("no class dominates", seen={"largest share": share}, expected="at most 0.5")
    """

    def marked(function: Any) -> Any:
        own = name if isinstance(name, str) else function.__name__.strip("_").replace("_", "-")
        if not NAME.match(own):
            raise Fault("OWN_CHECK_DECLARED", f"{own!r} cannot name a check", seen=own, expected="small letters, digits and dashes: classes-balanced")
        if at not in ("initial", "trained"):
            raise Fault("OWN_CHECK_DECLARED", f"the check {own} has no such point", seen=repr(at), expected='at="initial" or at="trained"')
        setattr(function, MARK, {"code": f"own/{own}", "at": at, "needs": list(needs), "after": list(after)})
        return function

    return marked(name) if callable(name) else marked


def _answer(status: str, title: str, seen: Any, expected: str | None, more: Mapping[str, Any]) -> dict[str, Any]:
    numbers = {**(dict(seen) if isinstance(seen, Mapping) else {}), **(more.get("numbers") or {})}
    words = "; ".join(f"{key} {_shown(value)}" for key, value in seen.items()) if isinstance(seen, Mapping) else seen
    evidence = {str(key): _plain(value) for key, value in numbers.items()}
    blame = {key: more.get(key) for key in ("where", "advice", "cause")}
    return {"status": status, "title": title, "seen": words, "expected": expected, "evidence": evidence, **blame}


def go(title: str, *, seen: str | Mapping[str, Any], expected: str, numbers: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The relation holds. `title` says what holds, in one line; `seen` is a sentence with numbers, or the numbers by name."""
    return _answer("GO", title, seen, expected, {"numbers": numbers})


def warn(title: str, *, seen: str | Mapping[str, Any], expected: str, **more: Any) -> dict[str, Any]:
    """It deviates from an ideal: shown, and the run goes on. Also: numbers, where, advice, and a `cause` that gonogo knows."""
    return _answer("WARN", title, seen, expected, more)


def no_go(title: str, *, seen: str | Mapping[str, Any], expected: str, **more: Any) -> dict[str, Any]:
    """A bug's positive signature: the run does not begin. Also: numbers, where, advice, and a `cause` that gonogo knows."""
    return _answer("NO-GO", title, seen, expected, more)


def skipped(reason: str) -> dict[str, Any]:
    """It cannot be asked here, and why."""
    return _answer("SKIPPED", reason, None, None, {})


def _plain(value: Any) -> Any:
    """Numbers of NumPy and PyTorch as Python's, lists of them as lists."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _shown(value: Any) -> str:
    value = _plain(value)
    return f"{value:.6g}" if isinstance(value, float) else ", ".join(map(_shown, value)) if isinstance(value, list) else str(value)


class CheckSubject:
    """The opened experiment, and what it can be asked. Whatever a check does to it is undone afterwards: weights, optimizer, generators,
    place in the data. Probes and answers are those of the protocol, as dicts; keywords may be written with underscores."""

    def __init__(self, subject: Any):
        self._subject = subject
        #: The experiment itself, with its config, model, optimizer and loaders.
        self.experiment = subject.experiment
        #: What is known of it: task, metrics, tensors, samples, steps.
        self.facts = subject.facts

    @property
    def model(self) -> Any:
        return self.experiment.model

    @property
    def config(self) -> Any:
        return self.experiment.config

    def train(self, steps: int = 1, **probe: Any) -> list[dict[str, Any]]:
        """Trains on; a record for each step."""
        from gonogo.records import unpacked

        return [record for group in self._subject.train(_probe({"steps": steps, **probe}), lambda: False) for record in unpacked(group)]

    def evaluate(self, split: str = "val", **probe: Any) -> dict[str, Any]:
        return self._subject.evaluate(_probe({"split": split, **probe}), lambda: False)

    def data(self, split: str = "train", **probe: Any) -> list[dict[str, Any]]:
        """Digests of samples: hash, mean, deviation, target."""
        return [one for group in self._subject.data(_probe({"split": split, "limit": 1000, **probe}), lambda: False) for one in group]

    def survey(self, split: str = "train", limit: int = 1000, **probe: Any) -> dict[str, Any]:
        return self._subject.survey(_probe({"split": split, "limit": limit, "seconds": 60, **probe}))

    def order(self, epochs: int = 2, ids: int = 1000, **probe: Any) -> list[dict[str, Any]]:
        return self._subject.order(_probe({"epochs": epochs, "ids": ids, **probe}))

    def schedule(self, points: int = 200) -> dict[str, Any]:
        return self._subject.schedule({"points": points})


def _probe(given: Mapping[str, Any]) -> dict[str, Any]:
    """`batch_size` → `batchSize`."""
    return {re.sub(r"_(.)", lambda found: found[1].upper(), key): value for key, value in given.items()}


def _found(kind: type, module: ModuleType | None) -> dict[str, tuple[Any, bool]]:
    """Code → function and whether it is a method; the class nearest to the experiment wins, and a method over a function."""
    found: dict[str, tuple[Any, bool]] = {}
    for value in vars(module).values() if module is not None else ():
        if inspect.isfunction(value) and hasattr(value, MARK):
            found[getattr(value, MARK)["code"]] = (value, False)
    for base in reversed(kind.__mro__):
        for value in vars(base).values():
            if hasattr(value, MARK):
                found[getattr(value, MARK)["code"]] = (value, True)
    return found


def _module(kind: type, path: str) -> ModuleType | None:
    """The experiment's own file as it was imported: an adapter's class is made elsewhere."""
    for module in (sys.modules.get(kind.__module__), *list(sys.modules.values())):
        file = getattr(module, "__dict__", {}).get("__file__")
        if file and _same(file, path):
            return module
    return None


def _same(one: str | None, other: str) -> bool:
    import os

    return one is not None and os.path.abspath(one) == os.path.abspath(other)


def declared(kind: type, path: str) -> list[dict[str, Any]]:
    """Facts of every check that the experiment declares."""
    from gonogo import facts

    return [{**getattr(function, MARK), "where": facts.place_of(function)} for function, _ in _found(kind, _module(kind, path)).values()]


def run(subject: Any, code: str) -> dict[str, Any]:
    """Calls one of them; what it changes is the caller's to put back."""
    kind = type(subject.experiment)
    known = _found(kind, _module(kind, subject.path))
    if code not in known:
        raise Fault("OWN_CHECK_UNKNOWN", "the experiment has no such check", seen=code, expected=", ".join(known) or "@gonogo.check")
    function, method = known[code]
    asked = CheckSubject(subject)
    said = function(subject.experiment, asked) if method else function(asked)
    if not isinstance(said, dict):
        from gonogo import facts

        raise Fault(
            "OWN_CHECK_ANSWER", "the check gave no verdict", seen=type(said).__name__, where=facts.place_of(function),
            expected="return gonogo.go(…), gonogo.warn(…), gonogo.no_go(…) or gonogo.skipped(…)",
        )
    return said
