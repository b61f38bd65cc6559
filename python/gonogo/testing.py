"""The go/no-go checks of a run file as unit tests in pytest, or as findings for assertions of your own.
No check is defined here, and none is run twice: one poll a file serves all its tests."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from gonogo import command, wire
from gonogo.checks import CHECKS
from gonogo.errors import Fault
from gonogo.own_checks import check, go, no_go, skipped, warn

__all__ = ["Finding", "PreflightWarning", "check", "go", "no_go", "poll", "preflight", "skipped", "warn"]

SEVERITY = ("SKIPPED", "WAIVED", "GO", "WARN", "NO-GO")
#: The test that the project's own checks share.
OWN = "own"


class PreflightWarning(UserWarning):
    """What a check warns of. Its test passes."""


@dataclasses.dataclass(frozen=True)
class Finding:
    """What one check says. `check` is its code, `seen` and `expected` carry the numbers, `evidence` has them for machines."""

    check: str
    status: Literal["GO", "WARN", "NO-GO", "SKIPPED", "WAIVED"]
    title: str
    cause: str | None = None
    alternatives: tuple[str, ...] = ()
    seen: str | None = None
    expected: str | None = None
    where: str | None = None
    advice: str | None = None
    folded: tuple[str, ...] = ()
    evidence: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    seconds: float = 0.0
    #: Where the run file declares a proxy: which model this speaks of.
    tier: Literal["proxy", "full"] | None = None

    def __str__(self) -> str:
        cause = "; or ".join([self.cause, *self.alternatives]) if self.cause else None
        said = {"where": self.where, "seen": self.seen, "expected": self.expected, "cause": cause, "try": self.advice, "folded": ", ".join(self.folded)}
        return _lines(f"{self.status:<8}{self.check}  {self.title}", said)


def poll(
    file: str | os.PathLike[str], *, only: Sequence[str] = (), skip: Mapping[str, str] | None = None, timeout: float = 300.0
) -> list[Finding]:
    """Runs the checks of a run file and returns what each of them says. A relative path starts at the current folder.

    `only`: codes or words of the checks to run, with what they need; `skip`: check → the reason to leave it out; `timeout`: seconds.
    Raises Fault where the run file or the experiment cannot be read, or the time is up.
    """
    words = ["check", os.fspath(file), "--json"]
    words += [word for check in only for word in ("--only", check)]
    words += [word for check, reason in (skip or {}).items() for word in ("--skip", f"{check}={reason}")]
    argv = command.argv(words)
    try:
        ran = subprocess.run(
            argv, env=command.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout, check=False,
        )
    except subprocess.TimeoutExpired:
        raise Fault("POLL_TIMED_OUT", "the preflight was not done in time", seen=f"{timeout:g} s", expected="less", **{"try": "timeout=…"}) from None
    except OSError as error:
        raise Fault("NODE_MISSING", f"Node cannot be started: {error.strerror}", where=argv[0]) from None
    try:
        document = wire.decode(ran.stdout)
    except json.JSONDecodeError:
        last = ran.stderr.decode(errors="replace").strip()[-2000:]
        raise Fault("POLL_CRASHED", f"gonogo check ended with {ran.returncode}", seen=last) from None
    if "error" in document:
        raise _fault(document["error"])
    known = {field.name for field in dataclasses.fields(Finding)}
    return [Finding(**{key: _frozen(value) for key, value in found.items() if key in known}) for found in document["findings"]]


def preflight(
    file: str | os.PathLike[str], *, only: Sequence[str] = (), own: Sequence[str] = (), skip: Mapping[str, str] | None = None, timeout: float = 300.0
) -> Callable[[str], None]:
    """One test a check, for pytest to collect. A relative path starts at the file that calls this.

    NO-GO fails with the finding as the terminal shows it; SKIPPED and WAIVED skip with their reason; WARN passes with a PreflightWarning.
    What checks of its own a project has is only known once the experiment is open: they share the test `own`, but for those named in `own`.

    >>> test_preflight = gonogo.testing.preflight("mnist.run.yaml", skip={"S1": "a GPU kernel without an exact form"})
    """
    import pytest

    caller = sys._getframe(1).f_globals.get("__file__")
    path = Path(caller).resolve().parent / file if caller else Path(file).resolve()
    codes = [_code(check) for check in only] or [*CHECKS, *map(_code, own), OWN]
    skips = {_code(check): reason for check, reason in (skip or {}).items()}
    said: dict[str, Finding] = {}
    failed: list[str] = []

    def findings() -> dict[str, Finding]:
        """Of the one poll that this process makes, at the first test that asks."""
        if not said and not failed:
            try:
                # Asked of a proxy and of the large model, a check passes where both do.
                for found in poll(path, only=list(only) and codes, skip=skips, timeout=timeout):
                    if found.check not in said or SEVERITY.index(found.status) > SEVERITY.index(said[found.check].status):
                        said[found.check] = found
            except Fault as fault:
                failed.append(_told(fault))
                failed.append(failed[0].splitlines()[0] + "  (the first test of this preflight says more)")
        if failed:
            pytest.fail(failed.pop(0) if len(failed) > 1 else failed[0], pytrace=False)
        return said

    @pytest.mark.parametrize("check", [pytest.param(code, id=f"{code}-{CHECKS[code]}" if code in CHECKS else code) for code in codes])
    def test_preflight(check: str) -> None:
        said = findings()
        if check == OWN:
            return _own([found for code, found in said.items() if code not in codes])
        found = said.get(check)
        if found is None:
            pytest.fail(f"the poll of {path} says nothing of {check}", pytrace=False)
        if found.status in ("SKIPPED", "WAIVED"):
            pytest.skip(found.title)
        _own([found])

    test_preflight.__doc__ = f"{path.name} is GO for {', '.join(codes)}."
    return test_preflight


def _own(found: Sequence[Finding]) -> None:
    """The outcome of a test of all of these."""
    import pytest

    failed = [str(one) for one in found if one.status == "NO-GO"]
    if failed:
        pytest.fail("\n".join(failed), pytrace=False)
    for one in found:
        if one.status == "WARN":
            warnings.warn(PreflightWarning(str(one)), stacklevel=2)
    if all(one.status in ("SKIPPED", "WAIVED") for one in found):
        pytest.skip("; ".join(f"{one.check}: {one.title}" for one in found) or "the experiment declares no further check of its own")


def _code(check: str) -> str:
    """Code of a check named by its code or its words, in any case."""
    wanted = check.strip().lower()
    if re.fullmatch(r"own/[a-z0-9]+(-[a-z0-9]+)*", wanted):
        return wanted
    for code, words in CHECKS.items():
        if wanted in (code.lower(), words):
            return code
    raise Fault("USAGE_UNKNOWN_CHECK", f"there is no check {check}", seen=check, expected=", ".join(f"{code} {words}" for code, words in CHECKS.items()))


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _fault(report: Mapping[str, Any]) -> Fault:
    details = {key: value for key, value in report.items() if key not in ("code", "message", "also") and isinstance(value, str)}
    return Fault(str(report["code"]), str(report["message"]), **details)


def _told(fault: Fault) -> str:
    head = f"{fault.code}  {fault.details.get('where') or ''}".rstrip()
    excerpt = [f"  {line}" for line in (fault.details.get("excerpt") or "").splitlines()]
    body = [head, f"  {fault}", *excerpt]
    said = {label: fault.details.get(label) for label in ("seen", "expected", "try", "trace")}
    return _lines("\n".join(body), said)


def _lines(head: str, said: Mapping[str, str | None]) -> str:
    """The head, then one labelled line for each thing that is said, its own lines under each other."""
    lines = [head]
    for label, text in said.items():
        if text:
            first, *rest = text.splitlines()
            lines += [f"  {label:<10}{first}", *(f"            {line}" for line in rest)]
    return "\n".join(lines)
