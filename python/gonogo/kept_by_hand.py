"""Comparisons with the best so far that stand in the project's own code: which way round they are, by their text.
Not here: keepers of a library (monitors.py), and what such a comparison does when it runs."""

from __future__ import annotations

import ast
import functools
import os
import re
from collections.abc import Iterator
from typing import Any

from gonogo.errors import project_modules, shown

#: Bytes of a file; files of a project.
LARGEST, MOST = 1_000_000, 300
#: Names that say nothing of what they hold.
BLANK = {"", "score", "metric", "value", "result", "current", "cur", "new", "so_far", "now"}


def found() -> list[tuple[str, str, str]]:
    """Place, name of what is compared, and which is kept: `max` where the larger replaces the best."""
    files = [str(getattr(module, "__file__", "")) for _, module in project_modules()][:MOST]
    return [one for path in files for one in _in_file(path, _stamp(path))]


def _stamp(path: str) -> float:
    try:
        return os.path.getmtime(path)
    except OSError:
        return 0.0


@functools.cache
def _in_file(path: str, _changed: float) -> list[tuple[str, str, str]]:
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(LARGEST + 1)
        if len(text) > LARGEST or "best" not in text.lower():
            return []
        return [(f"{shown(path)}:{line}", metric, direction) for line, metric, direction in in_text(text)]
    except (OSError, SyntaxError, ValueError, RecursionError):
        return []


def in_text(text: str) -> Iterator[tuple[int, str, str]]:
    """Line, metric and direction of each comparison with a best that it then replaces."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.If):
            continue
        for test in node.test.values if isinstance(node.test, ast.BoolOp) and isinstance(node.test.op, ast.Or) else [node.test]:
            if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], (ast.Gt, ast.GtE, ast.Lt, ast.LtE)):
                left, right, larger = test.left, test.comparators[0], isinstance(test.ops[0], (ast.Gt, ast.GtE))
                if _is_best(left) and not _is_best(right):
                    left, right, larger = right, left, not larger
                metric = _metric(left, right)
                if _is_best(right) and not _is_best(left) and metric is not None and _replaces(node.body, right, left):
                    yield node.lineno, metric, "max" if larger else "min"


def _words(node: ast.AST) -> list[str] | None:
    """`self.best["val_loss"]` → self, best, val_loss; None for anything that is computed."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        inner = _words(node.value)
        return None if inner is None else [*inner, node.attr]
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        inner = _words(node.value)
        return None if inner is None else [*inner, node.slice.value]
    return None


def _is_best(node: ast.AST) -> bool:
    words = _words(node)
    return words is not None and any("best" in re.split(r"[_\W]+", word.lower()) for word in words)


def _last(node: ast.AST) -> str:
    word = (_words(node) or [""])[-1].lower()
    return re.sub(r"(^|_)(best|so_far|current|cur|new|avg|this|epoch)(?=_|$)", "", word).strip("_")


def _metric(candidate: ast.AST, best: ast.AST) -> str | None:
    """What both are called; None where one of them is computed (the negative of a loss), or where they are called differently."""
    if _words(candidate) is None:
        return None
    one, other = _last(candidate), _last(best)
    if one in BLANK or other in BLANK:
        return (other if one in BLANK else one) or None
    return one if one.split("_")[-1] == other.split("_")[-1] else None


def _replaces(body: list[ast.stmt], best: ast.AST, candidate: ast.AST) -> bool:
    """The best is set to what was compared with it."""
    wanted, given = ast.unparse(best), ast.unparse(candidate)
    for node in (one for statement in body for one in ast.walk(statement)):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                pairs: list[tuple[ast.expr, ast.expr]] = [(target, node.value)]
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple) and len(target.elts) == len(node.value.elts):
                    pairs = list(zip(target.elts, node.value.elts))
                if any(ast.unparse(a) == wanted and ast.unparse(b) == given for a, b in pairs):
                    return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "update" and isinstance(best, ast.Subscript):
            held: Any = ast.unparse(node.func.value) == ast.unparse(best.value)
            if held and any(one.arg == (_words(best) or [None])[-1] and ast.unparse(one.value) == given for one in node.keywords):
                return True
    return False
