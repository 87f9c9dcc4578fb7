"""A query's filters as conditions.

Source: ``superset/models/helpers.py:get_sqla_query`` (its loop over ``filter``),
``filter_values_handler``, ``get_time_filter``; literals as SQLAlchemy 1.4 writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from dashlint.assets import Column
from dashlint.chart_sql.expressions import TIMESTAMP, Expressions
from dashlint.chart_sql.model import Refused
from dashlint.chart_sql.types import generic_type
from dashlint.sql.placeholders import placeholder_text
from dashlint.superset.masks import FIRST_OPTION, PLACEHOLDER
from dashlint.superset.time_range import Bounds

#: Notes a stand-in in the text and what it stands for.
Note = Callable[[str], None]
_COMPARISONS = {"==": "=", "!=": "!=", ">": ">", "<": "<", ">=": ">=", "<=": "<="}
_PATTERNS = {"LIKE": "LIKE", "NOT LIKE": "NOT LIKE", "ILIKE": "ILIKE", "NOT ILIKE": "NOT ILIKE"}
#: Engines with an ILIKE of their own in SQLAlchemy; elsewhere it becomes ``lower(…) LIKE lower(…)``.
_HAS_ILIKE = frozenset(
    {"postgresql", "postgres", "redshift", "cockroachdb", "snowflake", "duckdb", "greenplum"}
)
#: Dialects whose booleans SQLAlchemy writes as numbers (``supports_native_boolean`` is False).
_NUMERIC_BOOLEANS = frozenset({"sqlite", "mssql", "oracle", "shillelagh", "superset", "gsheets"})
_NULL, _EMPTY = "<NULL>", "<empty string>"


def is_stand_in(value: Any) -> bool:
    """Whether a filter's value stands for one that somebody will pick, or for its first option."""
    return isinstance(value, str) and (value == PLACEHOLDER or value.startswith(FIRST_OPTION))


def stand_in(text: str, note: Note) -> str:
    """The placeholder for such a value, of which ``note`` is told."""
    mark = placeholder_text(text)
    note(f"{mark} stands for {'a value' if text == PLACEHOLDER else 'the first option'} of a filter")
    return mark


class Literal(str):
    """SQL that stands for a value already."""

    __slots__ = ()


class Conditions:
    """Writes conditions on one dataset."""

    def __init__(self, expressions: Expressions, note: Note, resolve: Callable[[str], Bounds]) -> None:
        self._expressions = expressions
        self._spec = expressions.spec
        self._note = note
        self._resolve = resolve

    def of_filter(
        self, entry: Mapping[str, Any], axis: Column | None, *, names_metrics: bool
    ) -> tuple[str, bool] | None:
        """One filter's condition, and whether it is one on an aggregate (HAVING).

        None where the server passes over it: no column or operator, a column that the dataset
        lacks, a time range without ends. ``axis`` is the column behind ``__timestamp``;
        ``names_metrics``: 6.1 finds metrics and verbose names, too.

        Raises:
            Refused: the server answers with an error.
        """
        col, op = entry.get("col"), entry.get("op")
        if not col or not op:
            return None
        operator = str(op).upper()
        column, sql, having = self._subject(col, axis, names_metrics=names_metrics)
        if sql is None:
            return None
        if operator == "TEMPORAL_RANGE":
            condition = self._temporal(entry, column, sql)
            return (condition, having) if condition else None
        kind = generic_type(column.type) if column is not None else "string"
        return self._condition(sql, operator, entry.get("val"), kind, column), having

    def _subject(
        self, col: Any, axis: Column | None, *, names_metrics: bool
    ) -> tuple[Column | None, str | None, bool]:
        dataset = self._expressions.dataset
        if isinstance(col, Mapping):
            return None, self._expressions.adhoc_column(col).sql, False
        if col == TIMESTAMP and axis is not None:
            return axis, self._expressions.column_sql(axis), False
        column = dataset.column_by_name.get(str(col))
        if column is None and names_metrics:
            column = next((c for c in dataset.columns if c.verbose_name == col), None)
            if column is None and col in dataset.metric_by_name:
                return None, self._expressions.metric(col).sql, True
        return column, self._expressions.column_sql(column) if column is not None else None, False

    def time_range(self, column: Column, bounds: Bounds, sql: str | None = None) -> str | None:
        """``column >= since AND column < until``; None without ends (``get_time_filter``)."""
        left = sql or self._expressions.column_sql(column)
        parts = []
        ends = ((">=", bounds.since, bounds.unknown_since), ("<", bounds.until, bounds.unknown_until))
        for operator, end, words in ends:
            if end is not None:
                written = self._spec.moment(end, column.type, column.python_date_format)
                parts.append(f"{left} {operator} {written}")
            elif words is not None:
                mark = placeholder_text(f"moment_{words}")
                self._note(f"{mark} stands for {words!r}, which only the server can resolve")
                parts.append(f"{left} {operator} {mark}")
        return " AND ".join(parts) or None

    def _temporal(self, entry: Mapping[str, Any], column: Column | None, sql: str) -> str | None:
        value = entry.get("val")
        if not isinstance(value, str) or column is None:
            raise Refused("filter operation TEMPORAL_RANGE needs a time range on a column")
        grain = entry.get("grain")
        left = self._expressions.timestamp(column, str(grain)).sql if grain else sql
        return self.time_range(column, self._resolve(value), left)

    # Values

    def _condition(self, sql: str, operator: str, value: Any, kind: str | None, column: Column | None) -> str:
        if operator in ("IN", "NOT IN"):
            return self._in(sql, operator, value, kind, column)
        if operator in ("IS NULL", "IS NOT NULL"):
            return f"{sql} {operator}"
        if operator in ("IS TRUE", "IS FALSE"):
            return self._boolean(sql, truth=operator == "IS TRUE")
        single = (value[0] if value else None) if isinstance(value, (list, tuple)) else value
        found = self._value(single, operator, kind, column)
        if operator in _COMPARISONS:
            if found is None and operator in ("==", "!="):
                return f"{sql} IS {'NOT ' if operator == '!=' else ''}NULL"
            if found is None:
                raise Refused("a filter with a comparison operator needs a value")
            return f"{sql} {_COMPARISONS[operator]} {self._literal(found)}"
        if operator in _PATTERNS:
            if found is None:
                raise Refused("a filter with a comparison operator needs a value")
            return self._pattern(sql, operator, self._literal(found), kind)
        raise Refused(f"filter operation {operator} does not exist")

    def _in(self, sql: str, operator: str, value: Any, kind: str | None, column: Column | None) -> str:
        if value is None:
            raise Refused("a filter with a list of values has none")
        values = list(value) if isinstance(value, (list, tuple)) else [value]
        if not values:
            raise Refused("the list of a filter's values is empty")
        found = [self._value(v, operator, kind, column) for v in values]
        some = [v for v in found if v is not None]
        listed = f"{sql} IN ({', '.join(map(self._literal, some)) or 'NULL'})"
        if len(some) < len(found):
            either = f"({sql} IS NULL OR {listed})"
            return f"NOT {either}" if operator == "NOT IN" else either
        return f"({sql} NOT{listed[len(sql) :]})" if operator == "NOT IN" else listed

    def _boolean(self, sql: str, *, truth: bool) -> str:
        written = self._literal(truth)
        return f"{sql} {'=' if self._spec.allows('use_equality_for_boolean_filters') else 'IS'} {written}"

    def _pattern(self, sql: str, operator: str, value: str, kind: str | None) -> str:
        left = sql
        if kind != "string":
            type_text = {"mssql": "VARCHAR(max)", "mysql": "CHAR", "mariadb": "CHAR"}.get(
                self._spec.name, "VARCHAR"
            )
            left, value = f"CAST({sql} AS {type_text})", value.removeprefix("N")
        if "ILIKE" in operator and self._spec.name not in _HAS_ILIKE:
            return f"lower({left}) {operator.replace('ILIKE', 'LIKE')} lower({value})"
        return f"{left} {operator} {value}"

    def _value(self, value: Any, operator: str, kind: str | None, column: Column | None) -> Any:
        """What the server makes of one value (``filter_values_handler``)."""
        if isinstance(value, str):
            stripped = value.strip("\t\n")
            if is_stand_in(stripped):
                return Literal(self._stand_in(stripped, kind))
            if kind == "numeric" and operator not in _PATTERNS:
                return _number(stripped)
            if stripped == _NULL:
                return None
            if stripped == _EMPTY:
                return ""
            if kind == "boolean":
                return stripped.lower() == "true"
            return stripped
        if isinstance(value, (int, float)) and not isinstance(value, bool) and kind == "temporal" and column:
            moment = datetime(1970, 1, 1) + timedelta(milliseconds=value)  # noqa: DTZ001 - UTC, as the server has it
            return Literal(self._spec.moment(moment, column.type, None))
        if kind == "boolean" and isinstance(value, (int, float)):
            return value != 0
        return value

    def _stand_in(self, text: str, kind: str | None) -> str:
        """A picked value that is not known: a name, in quotes where the column holds text."""
        mark = stand_in(text, self._note)
        return f"'{mark}'" if kind in ("string", None) else mark

    def _literal(self, value: Any) -> str:
        if isinstance(value, Literal):
            return value
        if isinstance(value, bool):
            return str(int(value)) if self._spec.name in _NUMERIC_BOOLEANS else str(value).lower()
        if isinstance(value, (int, float)):
            return repr(value)
        return self._spec.text(str(value))


def _number(text: str) -> int | float | None:
    """``utils/core.py:cast_to_num``."""
    if text.isdigit():
        return int(text)
    try:
        return float(text)
    except ValueError:
        return None
