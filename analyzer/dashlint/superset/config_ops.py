"""The few computations that :mod:`dashlint.superset.config_ast` does itself, within bounds."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

#: Bounds on what a file may make us compute: digits of a power, length of a repetition.
_MOST_BITS = 256
_MOST_ITEMS = 10_000


def _multiply(left: Any, right: Any) -> Any:
    for one, other in ((left, right), (right, left)):
        if isinstance(one, (str, list, tuple, bytes)) and (
            not isinstance(other, int) or len(one) * other > _MOST_ITEMS
        ):
            raise ValueError("too long")
    if isinstance(left, int) and isinstance(right, int):
        _bounded(left.bit_length() + right.bit_length())
    return left * right


def _power(left: Any, right: Any) -> Any:
    if not isinstance(left, (int, float)) or not isinstance(right, int):
        raise TypeError("not numbers")
    _bounded(abs(right) * (left.bit_length() if isinstance(left, int) else 1))
    return left**right


def _shift(left: int, right: int) -> int:
    _bounded(left.bit_length() + right)
    return left << right


def _bounded(bits: int) -> None:
    if bits > _MOST_BITS:
        raise ValueError("too large")


def _merge(left: Any, right: Any) -> Any:
    if isinstance(left, dict) and isinstance(right, dict):
        return {**left, **right}
    return operator.or_(left, right)


def _percent(left: Any, right: Any) -> Any:
    if isinstance(left, str):
        raise TypeError("text formatting")
    return left % right


BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: _multiply,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: _percent,
    ast.Pow: _power,
    ast.LShift: _shift,
    ast.BitOr: _merge,
}
UNARY: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
}
COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda item, holder: item in holder,
    ast.NotIn: lambda item, holder: item not in holder,
}
CALLS: Mapping[str, Callable[..., Any]] = {
    "int": int,
    "float": float,
    "bool": bool,
    "str": str,
    "min": min,
    "max": max,
    "abs": abs,
    "len": len,
    "round": round,
    "list": list,
    "tuple": tuple,
}
METHODS: Mapping[tuple[type, str], Callable[..., Any]] = {
    (timedelta, "total_seconds"): timedelta.total_seconds,
    (str, "lower"): str.lower,
    (str, "upper"): str.upper,
    (str, "strip"): str.strip,
    (str, "split"): str.split,
    (str, "startswith"): str.startswith,
    (str, "endswith"): str.endswith,
    (dict, "copy"): dict.copy,
    (dict, "get"): dict.get,
}
