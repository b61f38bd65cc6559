"""Errors as they go over the wire: a stable code, one line, the user's own file and line.
Not here: wording for people beyond that line; gonogo prints it."""

from __future__ import annotations

import functools
import inspect
import linecache
import os
import re
import sys
import sysconfig
import traceback
import types
from types import TracebackType

OURS = os.path.dirname(os.path.abspath(__file__)) + os.sep
INSTALLED = tuple(
    sorted({os.path.abspath(path) + os.sep for key, path in sysconfig.get_paths().items() if key.endswith(("stdlib", "lib"))})
)


#: Where gonogo does what the program would do: a failure there is the program's. Everything else of ours only looks.
DOES = frozenset(
    f"{name}.py"
    for name in (
        "accelerate batches beside checkpoint command composed config config_reads data device driven epochs evaluation experiment feed found joining keyed lanes lightning lightning_logged lightning_loop "
        "lightning_trainer loader_feed makers managed metrics monitors opening order own_checks own_step parallel precision reads records samplers script subject tasks testing transformers transformers_update weights wire worker"
    ).split()
)


class Fault(Exception):
    """An error meant to be read: `code` is stable, the message says what is wrong in one line."""

    def __init__(self, code: str, message: str, **details: str | None):
        super().__init__(message)
        self.code = code
        self.details = details


def is_project_file(path: str) -> bool:
    """A file that the user wrote: neither Python's, nor an installed package's, nor gonogo's."""
    if not path.endswith(".py") or path.startswith("<"):
        return False
    path = os.path.abspath(path)
    parts = path.split(os.sep)
    installed = "site-packages" in parts or "dist-packages" in parts
    return not installed and not path.startswith(OURS) and not path.startswith(INSTALLED) and not _beside_packages(path)


def _beside_packages(path: str) -> bool:
    """Under a folder of the import path that an installer filled (`pip install --target`), and that the project does not lie in."""
    here = os.getcwd() + os.sep
    return any(path.startswith(root + os.sep) and not here.startswith(root + os.sep) and _filled(root) for root in sys.path if root)


@functools.cache
def _filled(root: str) -> bool:
    try:
        return any(name.endswith(".dist-info") for name in os.listdir(root))
    except OSError:
        return False


def project_modules() -> list[tuple[str, types.ModuleType]]:
    """Modules that the user wrote and that are loaded, by name. Asked before every probe, and there are thousands of modules: looked
    through once for each state of sys.modules. Only what stands in a module is read; one that loads its parts as they are asked for is not asked."""
    global _modules, _projects
    now = list(sys.modules.items())
    if now != _modules:
        files = [(name, module, getattr(module, "__dict__", {}).get("__file__")) for name, module in now]
        _projects = [(name, module) for name, module, file in files if isinstance(file, str) and _is_projects(file)]
        _modules = now
    return _projects


#: The state of sys.modules that was looked through last, and what was found.
_modules: list[tuple[str, types.ModuleType]] = []
_projects: list[tuple[str, types.ModuleType]] = []
_is_projects = functools.cache(is_project_file)


def shown(path: str) -> str:
    """A path as a person would type it: relative where it lies under the current folder."""
    path = os.path.abspath(path)
    here = os.getcwd() + os.sep
    return path[len(here) :] if path.startswith(here) else path


def report(error: BaseException, code: str = "USER_CODE", fallback: str | None = None) -> dict[str, str]:
    """The ErrorReport of an exception. `fallback` is where to look when no frame is the user's."""
    frames = _frames(error.__traceback__) + _frames_elsewhere(error)
    mine = [frame for frame in frames if is_project_file(frame.filename)]
    where = _place(mine[-1]) if mine else fallback
    if isinstance(error, Fault):
        details = {key: value for key, value in error.details.items() if value is not None}
        if where is not None and "where" not in details:
            details.update(where=where, **_excerpt(mine[-1] if mine else None))
        return {"code": error.code, "message": str(error), **details}
    if isinstance(error, SyntaxError) and error.filename:
        code, where = "EXPERIMENT_SYNTAX", f"{shown(error.filename)}:{error.lineno or 1}:{error.offset or 1}"
        return {"code": code, "message": _line(error), "where": where, **_marked(error.filename, error.lineno or 1, (error.offset or 1) - 1)}
    elif not mine and frames and frames[-1].filename.startswith(OURS):
        code = "INTERNAL"
    if getattr(error, "gonogo_spent", False):
        code = "LOOP_BROKEN"
    if _is_ours(frames):
        code = "LOOK_FAILED"
    report = {"code": code, "message": _line(error), "trace": _trace(error, frames), **_excerpt(mine[-1] if mine else None)}
    if where is not None:
        report["where"] = where
    return report


def _is_ours(frames: list[traceback.FrameSummary]) -> bool:
    """The innermost frame that is neither Python's nor a package's belongs to a look of ours: hooks run below the program's own frames."""
    inner = next((frame for frame in reversed(frames) if frame.filename.startswith(OURS) or is_project_file(frame.filename)), None)
    return inner is not None and inner.filename.startswith(OURS) and os.path.basename(inner.filename) not in DOES


def _column(frame: traceback.FrameSummary) -> int:
    """Counted from 0; Python before 3.11 does not tell, so the line's first word then."""
    line = linecache.getline(frame.filename, frame.lineno or 0)
    known = getattr(frame, "colno", None)
    return known if known is not None else len(line) - len(line.lstrip())


def _place(frame: traceback.FrameSummary) -> str:
    return f"{shown(frame.filename)}:{frame.lineno}:{_column(frame) + 1}"


def _excerpt(frame: traceback.FrameSummary | None) -> dict[str, str]:
    return {} if frame is None else _marked(frame.filename, frame.lineno or 0, _column(frame))


def _marked(path: str, line: int, column: int) -> dict[str, str]:
    """The source line and a caret under the column."""
    source = linecache.getline(path, line).rstrip()
    if not source:
        return {}
    gutter = f"{line} | "
    return {"excerpt": f"{gutter}{source}\n{' ' * (len(gutter) - 2)}| {' ' * column}^"}


def _line(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"the experiment called sys.exit({error.code!r})"
    text = str(error).strip().splitlines()
    if _frames_elsewhere(error):
        return text[-1].strip()  # the error of the other process, after its frames
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__


def _frames_elsewhere(error: BaseException) -> list[traceback.FrameSummary]:
    """Frames of another process, as text in the message: how a DataLoader hands on what its workers raise."""
    text = str(error)
    if "Traceback (most recent call last):" not in text:
        return []
    found = re.findall(r'^ *File "(.+?)", line (\d+), in (.+)$', text, re.MULTILINE)
    return [traceback.FrameSummary(path, int(line), name) for path, line, name in found]


def _frames(trace: TracebackType | None) -> list[traceback.FrameSummary]:
    return list(traceback.extract_tb(trace)) if trace is not None else []


def _trace(error: BaseException, frames: list[traceback.FrameSummary]) -> str:
    """The user's frames first, the deepest on top; then what they called, without our own."""
    mine = [frame for frame in frames if is_project_file(frame.filename)]
    others = [frame for frame in frames if frame not in mine and not frame.filename.startswith(OURS)]
    lines = ["".join(traceback.format_exception_only(type(error), error)).strip()]
    if _frames_elsewhere(error):
        lines = [_line(error), f"  {str(error).strip().splitlines()[0]}"]
    for frame in reversed(mine):
        lines.append(f"  {shown(frame.filename)}:{frame.lineno}  in {frame.name}")
        source = linecache.getline(frame.filename, frame.lineno or 0).strip()
        if source:
            lines.append(f"    {source}")
    # Import machinery says nothing to a reader; the last few frames of a package may.
    called = [frame for frame in others if not frame.filename.startswith("<frozen")][-4:]
    if called:
        lines.append("  called from there:")
        lines += [f"    {frame.filename}:{frame.lineno}  in {frame.name}" for frame in called]
    if error.__cause__ is not None:
        lines.append(f"  caused by {_line(error.__cause__)}")
    return "\n".join(lines)


def place_in_class(kind: type | None, attribute: str | None = None) -> dict[str, str]:
    """`where` and `excerpt` of an attribute of a class of the project, or of the class itself."""
    try:
        path = inspect.getsourcefile(kind)  # type: ignore[arg-type]
        lines, first = inspect.getsourcelines(kind)  # type: ignore[arg-type]
    except (OSError, TypeError):
        return {}
    if path is None:
        return {}
    opening = r"class\b" if attribute is None else rf"{re.escape(attribute)}\s*[:=]"
    for offset, line in enumerate(lines):
        if re.match(rf"\s*{opening}", line):
            column = len(line) - len(line.lstrip())
            return {"where": f"{shown(path)}:{first + offset}:{column + 1}", **_marked(path, first + offset, column)}
    return {"where": f"{shown(path)}:{first}"}
