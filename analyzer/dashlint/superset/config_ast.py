"""Works out what a ``superset_config.py`` says without running it.

Statements are followed in order: literals, dict merges, arithmetic, f-strings, ``timedelta``,
environment variables with a default, and ``if`` where its test is known. All else is
unknown: it is never guessed. Nothing is imported or called that the file names.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dashlint.superset.config_expr import ENVIRONMENT, UNKNOWN, Expressions, safely, same, unsure
from dashlint.superset.config_ops import BINARY


@dataclass
class Evaluated:
    """The names of a file: their values, the lines that set them, and what rests on what.

    ``assumed`` names the environment variables whose default was taken, by name;
    ``star_imports`` are modules that may set anything, ``asked`` the environment variables that the file
    asks for. Values may be secret: never print them.
    """

    values: dict[str, Any] = field(default_factory=dict, repr=False)
    lines: dict[str, int] = field(default_factory=dict)
    assumed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    star_imports: list[tuple[str, int]] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)

    def unknown(self) -> list[str]:
        """Upper-case names (settings) whose value is not known, in the order of the file."""
        return [name for name, value in self.values.items() if name.isupper() and unsure(value)]


def evaluate(source: str, environment: Mapping[str, Any] | None = None) -> Evaluated:
    """Follows a file.

    Args:
        source: its text.
        environment: environment variables that are known, by name. Without one, the default that the file
            gives is assumed.

    Raises:
        SyntaxError: it is no Python.
        ValueError: it is nested too deeply to be read, or holds a NUL byte.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a syntax that will be none in some later Python
            tree = ast.parse(source)
        reader = _Reader(environment or {})
        reader.block(tree.body)
    except (RecursionError, MemoryError) as error:
        raise ValueError("it is nested too deeply") from error
    return reader.result


_MODULES = {"os", "datetime"}
_FROM = {
    ("datetime", "timedelta"): "datetime.timedelta",
    ("os", "environ"): ENVIRONMENT,
    ("os", "getenv"): "os.getenv",
}


#: Methods that change what they are called on.
_CHANGING = frozenset(
    {"append", "clear", "extend", "insert", "pop", "popitem", "remove", "setdefault", "update"}
)


class _Reader(Expressions):
    """Follows statements; names bound in one of several branches count where all agree."""

    def __init__(self, environment: Mapping[str, Any]) -> None:
        super().__init__(environment)
        self.result = Evaluated()
        self.names = self.result.values
        self.asked = self.result.asked

    def block(self, body: list[ast.stmt]) -> None:
        """Follows statements one after another."""
        for statement in body:
            self.touched = []
            handler = getattr(self, f"stmt_{type(statement).__name__.lower()}", self.stmt_other)
            handler(statement)

    def bind(self, name: str, value: Any, line: int) -> None:
        """Gives a name a value, as the last of all names."""
        self.names.pop(name, None)
        self.names[name] = value
        self.result.lines[name] = line
        self.result.assumed.pop(name, None)
        if self.touched:
            self.result.assumed[name] = tuple(dict.fromkeys(self.touched))
        self.imports.pop(name, None)

    def stmt_assign(self, statement: ast.Assign) -> None:
        value = self.value(statement.value)
        for target in statement.targets:
            self._target(target, value, statement.lineno)

    def _target(self, target: ast.expr, value: Any, line: int) -> None:
        if isinstance(target, ast.Name):
            self.bind(target.id, value, line)
        elif isinstance(target, (ast.Tuple, ast.List)):
            items = list(value) if isinstance(value, (list, tuple)) else []
            fits = len(items) == len(target.elts)
            for index, element in enumerate(target.elts):
                self._target(element, items[index] if fits else UNKNOWN, line)
        elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            holder, key = self.names.get(target.value.id), self.hashable(target.slice)
            if isinstance(holder, dict) and not unsure(key):
                self.bind(target.value.id, {**holder, key: value}, line)
            elif target.value.id in self.names:
                self.bind(target.value.id, UNKNOWN, line)
        elif isinstance(target, ast.Starred):
            self._target(target.value, UNKNOWN, line)

    def stmt_annassign(self, statement: ast.AnnAssign) -> None:
        if statement.value is not None:
            self._target(statement.target, self.value(statement.value), statement.lineno)

    def stmt_augassign(self, statement: ast.AugAssign) -> None:
        value = self.value(statement.value)
        current = self.value(statement.target)
        changed = safely(BINARY.get(type(statement.op)), current, value)
        self._target(statement.target, changed, statement.lineno)

    def stmt_expr(self, statement: ast.Expr) -> None:
        """``NAME.update({...})`` changes a name; other calls are none of our business."""
        call = statement.value
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            return
        holder = call.func.value
        if not isinstance(holder, ast.Name) or holder.id not in self.names:
            return
        current = self.names[holder.id]
        if call.func.attr == "update" and isinstance(current, dict):
            self.bind(holder.id, self._updated(current, call), statement.lineno)
        elif call.func.attr in _CHANGING:
            self.bind(holder.id, UNKNOWN, statement.lineno)

    def _updated(self, current: dict[Any, Any], call: ast.Call) -> Any:
        changed = dict(current)
        for argument in call.args:
            value = self.value(argument)
            if not isinstance(value, dict):
                return UNKNOWN
            changed.update(value)
        for keyword in call.keywords:
            if keyword.arg is None:
                return UNKNOWN
            changed[keyword.arg] = self.value(keyword.value)
        return changed

    def stmt_if(self, statement: ast.If) -> None:
        test = self.value(statement.test)
        if unsure(test):
            self._either([statement.body, statement.orelse])
        else:
            self.block(statement.body if test else statement.orelse)

    def _either(self, blocks: list[list[ast.stmt]]) -> None:
        """One of several blocks runs: what they do not agree on is unknown."""
        before, lines = dict(self.names), dict(self.result.lines)
        outcomes = []
        for block in blocks:
            self.names.clear()
            self.names.update(before)
            self.block(block)
            outcomes.append(dict(self.names))
        merged = list(dict.fromkeys(name for outcome in outcomes for name in outcome))
        self.names.clear()
        for name in merged:
            values = [outcome.get(name, UNKNOWN) for outcome in outcomes]
            agreed = all(same(value, values[0]) for value in values[1:])
            self.names[name] = values[0] if agreed else UNKNOWN
            if agreed and name in before and name in lines and same(before[name], values[0]):
                self.result.lines[name] = lines[name]

    def stmt_try(self, statement: ast.Try) -> None:
        handlers = [handler.body for handler in statement.handlers]
        self._either([[*statement.body, *statement.orelse], *handlers])
        self.block(statement.finalbody)

    def stmt_import(self, statement: ast.Import) -> None:
        for alias in statement.names:
            name = alias.asname or alias.name.split(".")[0]
            self.names.pop(name, None)
            if alias.name in _MODULES:
                self.imports[name] = alias.name

    def stmt_importfrom(self, statement: ast.ImportFrom) -> None:
        for alias in statement.names:
            if alias.name == "*":
                self.result.star_imports.append((statement.module or ".", statement.lineno))
                continue
            name = alias.asname or alias.name
            known = _FROM.get((statement.module or "", alias.name))
            if known is not None:
                self.names.pop(name, None)
                self.imports[name] = known
            else:
                self.bind(name, UNKNOWN, statement.lineno)

    def stmt_classdef(self, statement: ast.ClassDef) -> None:
        """A class such as CeleryConfig: its attributes as a mapping."""
        inner = _Reader(self.environment)
        inner.asked = self.asked
        inner.imports = dict(self.imports)
        inner.names.update(self.names)
        outer = set(self.names)
        inner.block(statement.body)
        attributes = {
            name: value
            for name, value in inner.names.items()
            if name not in outer or inner.result.lines.get(name)
        }
        plain = all(isinstance(base, ast.Name) and base.id == "object" for base in statement.bases)
        self.bind(statement.name, attributes if plain else UNKNOWN, statement.lineno)

    def stmt_other(self, statement: ast.stmt) -> None:
        """Loops, functions and the like: whatever they assign is unknown afterwards."""
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self.bind(statement.name, UNKNOWN, statement.lineno)
            return
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
                self.bind(node.id, UNKNOWN, statement.lineno)
            elif isinstance(node, ast.ImportFrom):
                self.stmt_importfrom(node)
