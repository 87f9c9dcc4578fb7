"""How the browser's language treats odd values: the few rules of JavaScript that queries hang on.

``params`` may hold any JSON value anywhere. The front end does not check it: a chart with a
number where a list belongs fails in the browser and sends nothing (:class:`Unbuildable`).
An absent key stands for ``undefined``, None for ``null``.
Source: ECMA-262 (ToBoolean, ToNumber); ``ensureIsArray``, ``getColumnLabel`` and
``getMetricLabel`` of ``superset-ui-core/src``; lodash ``isEmpty``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

#: ``undefined`` as an element of a list, where it differs from null.
UNDEFINED = object()


class Unbuildable(Exception):  # noqa: N818 - not an error of ours: the browser's builder throws
    """The front end's query builder throws: the chart shows an error, nothing is sent."""


def truthy(value: Any) -> bool:
    """ToBoolean: empty lists and mappings count as true, NaN as false."""
    kind = value.__class__
    if kind is str or kind is bool or value is None:
        return bool(value)
    if kind is dict or kind is list or isinstance(value, (list, tuple, Mapping)):
        return True
    if kind is float and value != value:  # noqa: PLR0124 - NaN
        return False
    return bool(value)


def as_list(value: Any) -> list[Any]:
    """``ensureIsArray``: nothing for null, the value itself in a list otherwise."""
    if value is None:
        return []
    if value.__class__ is list or isinstance(value, tuple):
        return list(value)
    return [value]


def spread(value: Any) -> list[Any]:
    """``[...value]``: text gives its characters, what is not iterable throws."""
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, str):
        return list(value)
    raise Unbuildable(f"{type(value).__name__} is not iterable")


def is_empty(value: Any) -> bool:
    """Lodash ``isEmpty``: numbers and booleans are empty, too."""
    if isinstance(value, (str, list, tuple, Mapping)):
        return not value
    return True


def number(value: Any) -> float | int | None:
    """ToNumber; None stands for NaN and for infinity (JSON sends both as null)."""
    kind = value.__class__
    if kind is int:
        return int(value)
    if value is None:
        return 0
    if kind is bool:
        return int(value)
    if kind is float:
        return _finite(value)
    if isinstance(value, str):
        return _text_number(value)
    if not isinstance(value, (list, tuple)):
        return None
    while isinstance(value, (list, tuple)):
        if len(value) != 1:
            return None if value else 0
        value = value[0]
    # A list of one becomes the text of that one: true is no number then.
    return None if isinstance(value, (Mapping, bool)) else number("" if value is None else value)


def _finite(value: float) -> float | int | None:
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() else value


def _text_number(text: str) -> float | int | None:
    text = text.strip()
    if not text:
        return 0
    if "_" in text or text[-1:].isalpha():  # Python knows 1_000, inf and nan
        return _prefixed(text)
    try:
        return int(text) if text.lstrip("+-").isdecimal() and len(text) < 20 else _finite(float(text))
    except ValueError:
        return _prefixed(text)


def _prefixed(text: str) -> int | None:
    base = {"0x": 16, "0b": 2, "0o": 8}.get(text[:2].lower())
    if base is None or "_" in text:
        return None
    try:
        return int(text[2:], base)
    except ValueError:
        return None


def parse_json(text: Any) -> Any:
    """``JSON.parse``; anything but JSON text throws."""
    if not isinstance(text, str):
        # JSON.parse turns its argument into text first: null, true and numbers survive that
        if text is None or isinstance(text, (bool, int, float)):
            return text
        raise Unbuildable("not JSON text")
    try:
        return _JSON.decode(text)
    except (ValueError, RecursionError) as error:
        raise Unbuildable("not JSON text") from error


def _no_constant(name: str) -> Any:
    raise ValueError(name)


_JSON = json.JSONDecoder(parse_constant=_no_constant)


def column_label(column: Any) -> Any:
    """``getColumnLabel``: the label of a column; None where the browser gets ``undefined``."""
    if column.__class__ is str:
        return column
    if isinstance(column, Mapping):
        label = column.get("label")
        return label if truthy(label) else column.get("sqlExpression")
    return None


def metric_label(metric: Any) -> Any:
    """``getMetricLabel``: a saved metric's name, the label, ``SUM(x)`` or the SQL."""
    if metric.__class__ is str:
        return metric
    if isinstance(metric, Mapping):
        label = metric.get("label")
        if truthy(label):
            return label
        if metric.get("expressionType") == "SIMPLE":
            column = metric.get("column")
            if column is None:
                raise Unbuildable("a metric without column")
            name = column_name(column)
            aggregate = metric.get("aggregate", "undefined")
            return f"{_text(aggregate)}({_text(name)})"
        return metric.get("sqlExpression")
    if metric is None:
        raise Unbuildable("a metric that is null")
    return None


def column_name(column: Any) -> Any:
    """The column that a simple metric aggregates, in either of its two spellings."""
    if not isinstance(column, Mapping):
        return "undefined"
    name = column.get("columnName")
    return name if truthy(name) else column.get("column_name", "undefined")


def _text(value: Any) -> str:
    if value is None:
        return "null"
    return value if isinstance(value, str) else str(value)


def identity(value: Any) -> Any:
    """What a JavaScript ``Set`` compares: text and numbers by value, objects by identity."""
    if value.__class__ is str:
        return value
    if value is None or isinstance(value, (bool, int, float)):
        return (value.__class__, value)
    return id(value)


def unique(values: Iterable[Any], label: Callable[[Any], Any] | None = None) -> list[Any]:
    """``removeDuplicates``: the first of each label stays."""
    seen = set()
    kept = []
    for value in values:
        key = identity(value if label is None else label(value))
        if key not in seen:
            seen.add(key)
            kept.append(value)
    return kept


def is_adhoc_column(column: Any) -> bool:
    """``isAdhocColumn``: an SQL expression with a label."""
    return (
        isinstance(column, Mapping)
        and "sqlExpression" in column
        and "label" in column
        and column.get("expressionType", "SQL") == "SQL"
    )
