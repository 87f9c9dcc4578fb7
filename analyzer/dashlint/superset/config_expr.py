"""What the expressions of a ``superset_config.py`` come to, as far as the file alone tells."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from dashlint.superset.config_ops import BINARY, CALLS, COMPARE, METHODS, UNARY


class _Unknown:
    """A value that the file alone does not tell. It may stand inside a dict or list."""

    def __repr__(self) -> str:
        return "UNKNOWN"


class Called(_Unknown):
    """What a call makes that nobody runs here: unknown, but not what was called, nor with what.

    ``name`` is what is called, as the file writes it; the arguments may be unknown, or secret.
    """

    def __init__(self, name: str, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> None:
        self.name = name
        self.arguments = tuple(arguments)
        self.keywords = dict(keywords)


UNKNOWN: Any = _Unknown()
#: ``os.environ.get("X")``: None where the variable is not set.
_UNSET: Any = _Unknown()
ENVIRONMENT = "os.environ"


def unsure(value: Any) -> bool:
    """Whether a value is unknown as a whole (a part of it may be)."""
    return isinstance(value, _Unknown)


def same(first: Any, second: Any) -> bool:
    """Whether two values are known and equal, types included."""
    return type(first) is type(second) and not unsure(first) and bool(first == second)


def safely(function: Callable[..., Any] | None, *values: Any, **named: Any) -> Any:
    """A computation on known values; unknown where one is missing or it fails."""
    if function is None or any(map(unsure, values)) or any(map(unsure, named.values())):
        return UNKNOWN
    try:
        return function(*values, **named)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return UNKNOWN


class Expressions:
    """Evaluates expressions over ``names``; ``imports`` tells what imported names stand for.

    ``environment`` are environment variables that are known. ``touched`` collects those whose default was
    taken, ``asked`` all that are asked for.
    """

    def __init__(self, environment: Mapping[str, Any] = MappingProxyType({})) -> None:
        self.environment = environment
        self.asked: set[str] = set()
        self.names: dict[str, Any] = {}
        self.imports: dict[str, str] = {}
        self.touched: list[str] = []

    def value(self, node: ast.expr) -> Any:
        """What an expression comes to."""
        handler = getattr(self, f"expr_{type(node).__name__.lower()}", None)
        return UNKNOWN if handler is None else handler(node)

    def hashable(self, node: ast.expr) -> Any:
        """A value that may be a key."""
        value = self.value(node)
        return value if isinstance(value, (str, int, float, bool, bytes, type(None))) else UNKNOWN

    def expr_constant(self, node: ast.Constant) -> Any:
        return node.value

    def expr_name(self, node: ast.Name) -> Any:
        return self.names.get(node.id, UNKNOWN)

    def expr_list(self, node: ast.List | ast.Tuple) -> Any:
        items: list[Any] = []
        for element in node.elts:
            if isinstance(element, ast.Starred):
                inner = self.value(element.value)
                if not isinstance(inner, (list, tuple)):
                    return UNKNOWN
                items += inner
            else:
                items.append(self.value(element))
        return items if isinstance(node, ast.List) else tuple(items)

    expr_tuple = expr_list

    def expr_dict(self, node: ast.Dict) -> Any:
        merged: dict[Any, Any] = {}
        for key, element in zip(node.keys, node.values, strict=True):
            if key is None:
                inner = self.value(element)
                if not isinstance(inner, dict):
                    return UNKNOWN
                merged.update(inner)
                continue
            name = self.hashable(key)
            if unsure(name):
                return UNKNOWN
            merged[name] = self.value(element)
        return merged

    def expr_binop(self, node: ast.BinOp) -> Any:
        return safely(BINARY.get(type(node.op)), self.value(node.left), self.value(node.right))

    def expr_unaryop(self, node: ast.UnaryOp) -> Any:
        return safely(UNARY.get(type(node.op)), self.value(node.operand))

    def expr_boolop(self, node: ast.BoolOp) -> Any:
        wants = isinstance(node.op, ast.Or)
        value: Any = UNKNOWN
        for operand in node.values:
            value = self.value(operand)
            if value is _UNSET:
                value = None
            if unsure(value) or bool(value) is wants:
                return value
        return value

    def expr_compare(self, node: ast.Compare) -> Any:
        left = self.value(node.left)
        for operator, right_node in zip(node.ops, node.comparators, strict=True):
            right = self.value(right_node)
            result = safely(COMPARE.get(type(operator)), left, right)
            if unsure(result) or not result:
                return result
            left = right
        return True

    def expr_ifexp(self, node: ast.IfExp) -> Any:
        test = self.value(node.test)
        if not unsure(test):
            return self.value(node.body if test else node.orelse)
        first, second = self.value(node.body), self.value(node.orelse)
        return first if same(first, second) else UNKNOWN

    def expr_joinedstr(self, node: ast.JoinedStr) -> Any:
        parts = []
        for part in node.values:
            if isinstance(part, ast.Constant):
                parts.append(str(part.value))
                continue
            assert isinstance(part, ast.FormattedValue)
            value = self.value(part.value)
            plain = isinstance(value, (str, int, float, bool))
            if not plain or part.format_spec is not None or part.conversion not in (-1, 115):
                return UNKNOWN
            parts.append(str(value))
        return "".join(parts)

    def expr_subscript(self, node: ast.Subscript) -> Any:
        key = self.hashable(node.slice)
        if self._path(node.value) == ENVIRONMENT:
            self.asked.add(str(key))
            return self.environment.get(str(key), UNKNOWN)
        return safely(lambda holder, index: holder[index], self.value(node.value), key)

    def expr_attribute(self, node: ast.Attribute) -> Any:
        holder = self.value(node.value)
        if isinstance(holder, timedelta) and node.attr in ("days", "seconds"):
            return getattr(holder, node.attr)
        if isinstance(node.value, ast.Name) and isinstance(holder, dict):
            return holder.get(node.attr, UNKNOWN)
        return UNKNOWN

    def _path(self, node: ast.expr) -> str | None:
        """``os.environ`` and the like, by whatever name they were imported."""
        if isinstance(node, ast.Name):
            return self.imports.get(node.id)
        if isinstance(node, ast.Attribute):
            holder = self._path(node.value)
            return f"{holder}.{node.attr}" if holder else None
        return None

    def expr_call(self, node: ast.Call) -> Any:
        path = self._path(node.func)
        if path in (f"{ENVIRONMENT}.get", "os.getenv"):
            return self._environment(node)
        arguments = [self.value(argument) for argument in node.args]
        keywords = {k.arg: self.value(k.value) for k in node.keywords if k.arg is not None}
        if len(keywords) != len(node.keywords):
            return UNKNOWN
        if path == "datetime.timedelta":
            return safely(timedelta, *arguments, **keywords)
        if isinstance(node.func, ast.Name) and node.func.id not in self.names:
            if node.func.id == "dict":
                base = arguments[0] if arguments else {}
                return {**base, **keywords} if isinstance(base, dict) else UNKNOWN
            call = CALLS.get(node.func.id)
            if call is not None:
                return UNKNOWN if keywords else safely(call, *arguments)
        if isinstance(node.func, ast.Attribute):
            holder = self.value(node.func.value)
            method = METHODS.get((type(holder), node.func.attr))
            if method is not None:
                return UNKNOWN if keywords else safely(method, holder, *arguments)
        if any(isinstance(argument, ast.Starred) for argument in node.args):
            return UNKNOWN
        return Called(ast.unparse(node.func), arguments, keywords)

    def _environment(self, node: ast.Call) -> Any:
        name = str(node.args[0].value) if node.args and isinstance(node.args[0], ast.Constant) else "?"
        self.asked.add(name)
        if name in self.environment:
            return self.environment[name]
        self.touched.append(name)
        default = node.args[1] if len(node.args) > 1 else None
        for keyword in node.keywords:
            if keyword.arg == "default":
                default = keyword.value
        return _UNSET if default is None else self.value(default)
