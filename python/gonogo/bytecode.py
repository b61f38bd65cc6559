"""Compiled code of packages is kept beside them, as Python does; that of the project is not: a check leaves the user's folder as it was.
Not here: which files are the project's (errors.py)."""

from __future__ import annotations

import importlib.machinery
import os
import sys
from typing import Any

from gonogo.errors import is_project_file


def spare_the_project() -> None:
    """For this process, and for those that it starts no compiled code at all. Without what is kept, each process would compile a
    package anew wherever its installer left that to the first import."""
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    loader: Any = importlib.machinery.SourceFileLoader
    keep = getattr(loader, "_cache_bytecode", None)
    if keep is None:
        sys.dont_write_bytecode = True
        return

    def keep_packages(self: Any, source_path: str, cache_path: str, data: bytes) -> Any:
        return None if is_project_file(source_path) else keep(self, source_path, cache_path, data)

    loader._cache_bytecode = keep_packages
