"""`gonogo …` and `python -m gonogo …`: finds Node and becomes the command line.
Nothing is parsed or printed here; the exit code is the command line's own."""

from __future__ import annotations

import os
import sys

from gonogo import command
from gonogo.errors import Fault


def main() -> int:
    try:
        argv, environment = command.argv(sys.argv[1:]), command.environment(command.typed(sys.argv[0]))
        if os.name != "nt":
            os.execve(argv[0], argv, environment)
    except Fault as fault:
        return failed(fault.code, str(fault), fault.details)
    except OSError as error:
        return failed("NODE_MISSING", f"Node cannot be started: {error.strerror}", {"where": argv[0]})
    return wait(argv, environment)


def wait(argv: list[str], environment: dict[str, str]) -> int:
    """Windows cannot replace a process. Ctrl-C reaches the child by itself, which decides what it means."""
    import signal
    import subprocess

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return subprocess.call(argv, env=environment)


def failed(code: str, message: str, details: dict[str, str | None]) -> int:
    if "--json" in sys.argv:
        import json

        print(json.dumps({"error": {"code": code, "message": message, **details}}, indent=2))
    lines = [f"{code}  {details.get('where') or ''}".rstrip(), f"  {message}"]
    lines += [f"  {label:<9} {details[label]}" for label in ("seen", "expected", "try") if details.get(label)]
    print("\n".join(lines), file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
