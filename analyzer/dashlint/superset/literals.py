"""Values of a Python file's names, worked out without running it.

Understands literals, arithmetic, merged mappings, f-strings and names over known values,
``os.environ.get`` with a default, ``int()`` and the like, ``timedelta``. Everything else is
:data:`UNKNOWN`, and so is whatever depends on it: nothing is assumed.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


#: A value that cannot be known without running the file.
UNKNOWN: Final = _Unknown()

_OPERATORS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.BitOr: operator.or_,
}
#: Calls whose outcome depends on their arguments alone.
_CALLS: Mapping[str, Callable[..., Any]] = {
    "bool": bool,
    "datetime.timedelta": timedelta,
    "dict": dict,
    "float": float,
    "int": int,
    "list": list,
    "str": str,
    "timedelta": timedelta,
}
_ENVIRONMENT = ("os.environ.get", "environ.get", "os.getenv", "getenv")
#: Strings and lists that arithmetic would make longer than this are left unknown.
_LONGEST = 100_000


def read_names(tree: ast.Module) -> dict[str, Any]:
    """The values of the names that a module assigns at its top level, in the end."""
    names: dict[str, Any] = {}
    _run(tree.body, names)
    return names


def _run(body: list[ast.stmt], names: dict[str, Any]) -> None:
    for statement in body:
        if isinstance(statement, ast.Assign):
            value = evaluate(statement.value, names)
            for target in statement.targets:
                _assign(target, value, names)
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            _assign(statement.target, evaluate(statement.value, names), names)
        elif isinstance(statement, ast.AugAssign):
            old = evaluate(_as_load(statement.target), names)
            _assign(statement.target, _binary(statement.op, old, evaluate(statement.value, names)), names)
        elif isinstance(statement, ast.Expr):
            _call_for_effect(statement.value, names)
        elif isinstance(statement, ast.If):
            _branch(statement, names)
        elif isinstance(statement, ast.Try):
            _run(statement.body, names)
            for handler in statement.handlers:
                _forget(handler.body, names, keep=set(names))
            _run(statement.finalbody, names)
        elif isinstance(statement, (ast.With, ast.For, ast.While)):
            _forget([statement], names)


def _branch(statement: ast.If, names: dict[str, Any]) -> None:
    test = evaluate(statement.test, names)
    if test is not UNKNOWN:
        _run(statement.body if test else statement.orelse, names)
        return
    # One of the branches runs: what they agree on is known.
    first, second = dict(names), dict(names)
    _run(statement.body, first)
    _run(statement.orelse, second)
    for name in first.keys() | second.keys():
        one, other = first.get(name, UNKNOWN), second.get(name, UNKNOWN)
        names[name] = one if one is not UNKNOWN and one == other else UNKNOWN


def _forget(body: list[ast.stmt], names: dict[str, Any], keep: set[str] | None = None) -> None:
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id not in (keep or ()):
                names[node.id] = UNKNOWN


def _as_load(target: ast.expr) -> ast.expr:
    return ast.parse(ast.unparse(target), mode="eval").body


def _assign(target: ast.expr, value: Any, names: dict[str, Any]) -> None:
    if isinstance(target, ast.Name):
        names[target.id] = value
    elif isinstance(target, ast.Subscript):
        holder = evaluate(target.value, names)
        key = evaluate(target.slice, names)
        if isinstance(holder, dict) and key is not UNKNOWN and _is_hashable(key):
            holder[key] = value
    elif isinstance(target, (ast.Tuple, ast.List)):
        for element in target.elts:
            _assign(element, UNKNOWN, names)


def _call_for_effect(node: ast.expr, names: dict[str, Any]) -> None:
    """``FEATURE_FLAGS.update({...})``."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return
    holder = evaluate(node.func.value, names)
    if node.func.attr == "update" and isinstance(holder, dict):
        for argument in node.args:
            value = evaluate(argument, names)
            if isinstance(value, dict):
                holder.update(value)
        holder.update({k.arg: evaluate(k.value, names) for k in node.keywords if k.arg})


def evaluate(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """The value of an expression, :data:`UNKNOWN` where it cannot be known."""
    try:
        return _evaluate(node, names)
    except (ArithmeticError, TypeError, ValueError, LookupError, RecursionError):
        # An expression that fails here fails in Superset as well; nothing is known of it.
        return UNKNOWN


def _evaluate(node: ast.expr, names: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return names.get(node.id, UNKNOWN)
    if isinstance(node, ast.Dict):
        return _dictionary(node, names)
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return [evaluate(element, names) for element in node.elts]
    if isinstance(node, ast.BinOp):
        return _binary(node.op, evaluate(node.left, names), evaluate(node.right, names))
    if isinstance(node, ast.UnaryOp):
        value = evaluate(node.operand, names)
        if value is UNKNOWN:
            return UNKNOWN
        return not value if isinstance(node.op, ast.Not) else -value
    if isinstance(node, ast.JoinedStr):
        return _joined(node, names)
    if isinstance(node, ast.Subscript):
        return evaluate(node.value, names)[evaluate(node.slice, names)]
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return _compare(node, names)
    if isinstance(node, ast.Call):
        return _call(node, names)
    return UNKNOWN


def _dictionary(node: ast.Dict, names: Mapping[str, Any]) -> Any:
    found: dict[Any, Any] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            merged = evaluate(value, names)
            if not isinstance(merged, dict):
                return UNKNOWN
            found.update(merged)
            continue
        name = evaluate(key, names)
        if name is not UNKNOWN and _is_hashable(name):
            found[name] = evaluate(value, names)
    return found


def _binary(kind: ast.operator, left: Any, right: Any) -> Any:
    apply = _OPERATORS.get(type(kind))
    if apply is None or left is UNKNOWN or right is UNKNOWN:
        return UNKNOWN
    if isinstance(kind, ast.Mult):
        lengths = [len(v) for v in (left, right) if isinstance(v, (str, list))]
        numbers = [v for v in (left, right) if isinstance(v, int)]
        if lengths and numbers and max(lengths) * max(numbers) > _LONGEST:
            return UNKNOWN
    return apply(left, right)


def _joined(node: ast.JoinedStr, names: Mapping[str, Any]) -> Any:
    parts = []
    for value in node.values:
        part = evaluate(value.value if isinstance(value, ast.FormattedValue) else value, names)
        if part is UNKNOWN:
            return UNKNOWN
        parts.append(str(part))
    return "".join(parts)


def _compare(node: ast.Compare, names: Mapping[str, Any]) -> Any:
    left, right = evaluate(node.left, names), evaluate(node.comparators[0], names)
    if left is UNKNOWN or right is UNKNOWN:
        return UNKNOWN
    if isinstance(node.ops[0], (ast.Eq, ast.Is)):
        return left == right
    return left != right if isinstance(node.ops[0], (ast.NotEq, ast.IsNot)) else UNKNOWN


def _call(node: ast.Call, names: Mapping[str, Any]) -> Any:
    name = ast.unparse(node.func)
    if name in _ENVIRONMENT:
        # What the environment says is not in the file; the default is.
        return evaluate(node.args[1], names) if len(node.args) > 1 else UNKNOWN
    if isinstance(node.func, ast.Attribute) and node.func.attr == "total_seconds":
        length = evaluate(node.func.value, names)
        return length.total_seconds() if isinstance(length, timedelta) else UNKNOWN
    function = _CALLS.get(name)
    arguments = [evaluate(argument, names) for argument in node.args]
    keywords = {k.arg: evaluate(k.value, names) for k in node.keywords if k.arg}
    if function is None or UNKNOWN in arguments or any(v is UNKNOWN for v in keywords.values()):
        if function is dict and not arguments:
            return keywords
        return UNKNOWN
    return function(*arguments, **keywords)


def _is_hashable(value: Any) -> bool:
    return not isinstance(value, (dict, list))
