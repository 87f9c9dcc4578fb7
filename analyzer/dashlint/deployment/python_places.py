"""Where in a Python file names and the keys of their mappings are written."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Place(NamedTuple):
    """A line of a text and a column in it, both counted from 1."""

    line: int
    column: int | None = None


def places_of(tree: ast.Module) -> dict[str, Place]:
    """The place of every name that is assigned, and of the keys in its mappings.

    Paths are such as ``CACHE_CONFIG.CACHE_REDIS_URL`` and ``CELERY_CONFIG.beat_schedule.reports.task``; what
    a name takes over from another (``CELERY_CONFIG = CeleryConfig``, ``{**BASE, …}``) has the place where
    that is written. A later assignment counts more than an earlier one.
    """
    found: dict[str, Place] = {}
    _block(tree.body, "", found)
    return found


def _block(body: Iterable[ast.stmt], prefix: str, found: dict[str, Place]) -> None:
    for statement in body:
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                _assign(target, statement.value, prefix, found)
        elif isinstance(statement, (ast.AnnAssign, ast.AugAssign)) and statement.value is not None:
            _assign(statement.target, statement.value, prefix, found)
        elif isinstance(statement, ast.ClassDef):
            name = prefix + statement.name
            _forget(name, found)
            found[name] = _place(statement)
            _block(statement.body, f"{name}.", found)
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            _update(statement.value, prefix, found)
        else:
            for inner in _bodies(statement):
                _block(inner, prefix, found)


def _bodies(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks inside ``if``, ``try``, ``for`` and the like; what a function does is its own."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return
    for name in ("body", "orelse", "finalbody"):
        yield getattr(statement, name, [])
    for handler in getattr(statement, "handlers", []):
        yield handler.body


def _assign(target: ast.expr, value: ast.expr, prefix: str, found: dict[str, Place]) -> None:
    if isinstance(target, ast.Name):
        name = prefix + target.id
        _forget(name, found)
        found[name] = _place(target)
        _inside(value, name, prefix, found)
    elif isinstance(target, (ast.Tuple, ast.List)):
        values = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
        fits = len(values) == len(target.elts)
        for number, element in enumerate(target.elts):
            _assign(element, values[number] if fits else ast.Constant(None), prefix, found)
    elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
        key = target.slice
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            name = f"{prefix}{target.value.id}.{key.value}"
            found[name] = _place(target)
            _inside(value, name, prefix, found)


def _update(call: ast.Call, prefix: str, found: dict[str, Place]) -> None:
    """``NAME.update({...})``."""
    function = call.func
    if (
        isinstance(function, ast.Attribute)
        and function.attr == "update"
        and isinstance(function.value, ast.Name)
    ):
        name = prefix + function.value.id
        for argument in call.args:
            _inside(argument, name, prefix, found)
        for keyword in call.keywords:
            _keyword(keyword, name, prefix, found)


def _inside(value: ast.expr, name: str, prefix: str, found: dict[str, Place]) -> None:
    """The places of the keys of a value that ``name`` gets."""
    if isinstance(value, ast.Dict):
        for key, element in zip(value.keys, value.values, strict=True):
            if key is None:
                _inside(element, name, prefix, found)
            elif isinstance(key, ast.Constant):
                path = f"{name}.{key.value!s}"
                found[path] = _place(key)
                _inside(element, path, prefix, found)
    elif isinstance(value, (ast.List, ast.Tuple)):
        for number, element in enumerate(value.elts):
            found[f"{name}[{number}]"] = _place(element)
            _inside(element, f"{name}[{number}]", prefix, found)
    elif isinstance(value, ast.Name):
        _copy(prefix + value.id if prefix + value.id in found else value.id, name, found)
    elif isinstance(value, ast.BinOp) and isinstance(value.op, ast.BitOr):
        _inside(value.left, name, prefix, found)
        _inside(value.right, name, prefix, found)
    elif isinstance(value, ast.Call):
        _called(value, name, prefix, found)


def _called(call: ast.Call, name: str, prefix: str, found: dict[str, Place]) -> None:
    """``dict(…)`` and ``NAME.copy()``."""
    if isinstance(call.func, ast.Name) and call.func.id == "dict":
        for argument in call.args:
            _inside(argument, name, prefix, found)
        for keyword in call.keywords:
            _keyword(keyword, name, prefix, found)
    elif isinstance(call.func, ast.Attribute) and call.func.attr == "copy":
        _inside(call.func.value, name, prefix, found)


def _keyword(keyword: ast.keyword, name: str, prefix: str, found: dict[str, Place]) -> None:
    if keyword.arg is None:
        _inside(keyword.value, name, prefix, found)
        return
    found[f"{name}.{keyword.arg}"] = _place(keyword)
    _inside(keyword.value, f"{name}.{keyword.arg}", prefix, found)


def _copy(source: str, name: str, found: dict[str, Place]) -> None:
    for path, place in list(found.items()):
        if path.startswith((f"{source}.", f"{source}[")):
            found[name + path[len(source) :]] = place


def _forget(name: str, found: dict[str, Place]) -> None:
    for path in [path for path in found if path.startswith((f"{name}.", f"{name}["))]:
        del found[path]


def _place(node: ast.expr | ast.stmt | ast.keyword) -> Place:
    return Place(node.lineno, node.col_offset + 1)
