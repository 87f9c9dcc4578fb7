"""Superset's Jinja macros (``superset/jinja_context.py`` of 6.1.0), as far as they can be known here.

Filters and the time range come from the query that is looked at. Users, URLs and partitions
are known to the server alone; a placeholder of the same type stands in for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from dashlint.assets import Dataset
from dashlint.sql.placeholders import SINCE, UNTIL, placeholder_text

#: Macros whose value differs by user and enters the cache key (``ExtraCache`` there).
USER_MACROS = frozenset(
    {
        "current_user_id",
        "current_username",
        "current_user_email",
        "current_user_roles",
        "current_user_rls_rules",
    }
)
#: All that enter the cache key (``ExtraCache.regex`` there).
KEY_MACROS = USER_MACROS | {"cache_key_wrapper", "url_param"}
#: Values only the server knows, and the macros that ask the warehouse for its partitions.
SERVER_MACROS = USER_MACROS | {"url_param"}
#: Whose first argument names a column that a dashboard's filters may set.
FILTER_MACROS = frozenset({"filter_values", "get_filters", "get_time_filter"})
#: Namespaces of partition macros, by engine (``DEFAULT_PROCESSORS`` there).
PARTITION_NAMESPACES: Mapping[str, tuple[str, ...]] = {
    "presto": ("presto",),
    "trino": ("trino", "presto"),
    "hive": ("hive",),
    "spark": ("spark", "hive"),
}
#: Variables of the query (``models/helpers.py:get_sqla_query``, ``template_kwargs``).
QUERY_VARIABLES = frozenset(
    {
        "columns",
        "filter",
        "from_dttm",
        "groupby",
        "metrics",
        "row_limit",
        "row_offset",
        "table_columns",
        "time_column",
        "time_grain",
        "to_dttm",
    }
)
KNOWN_NAMES = (
    SERVER_MACROS | KEY_MACROS | FILTER_MACROS | QUERY_VARIABLES | {"dataset", "metric"}
    | {"presto", "trino", "hive", "spark"}
)  # fmt: skip

_PARTITION = "2024-01-01"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?Z?\s*")


class FilterLike(Protocol):
    """A filter of a query: a column's name, an operator, a value or a list of them."""

    @property
    def col(self) -> str: ...
    @property
    def op(self) -> str: ...
    @property
    def val(self) -> Any: ...


class Ranges(Protocol):
    """Who knows what a time range means, and how the engine writes a moment of a column's type."""

    def ends(self, time_range: str) -> tuple[datetime | None, datetime | None]: ...
    def written(self, moment: datetime, type_text: str | None) -> str | None: ...


def bounds(time_range: str | None, *, assume: bool) -> tuple[datetime | None, datetime | None]:
    """Both ends of a time range as Superset writes it.

    Absolute ends (``2024-01-01 : 2024-02-01``) are read; relative ones ("Last week") depend
    on the day and become :data:`SINCE` and :data:`UNTIL`. ``No filter`` and, unless
    ``assume``, None have no ends.
    """
    if time_range is None:
        return (SINCE, UNTIL) if assume else (None, None)
    if not time_range.strip() or time_range.strip().lower() == "no filter":
        return None, None
    since, separator, until = time_range.partition(" : ")
    if not separator:
        return SINCE, UNTIL
    return _bound(since, SINCE), _bound(until, UNTIL)


def _bound(text: str, relative: datetime) -> datetime | None:
    if not text.strip():
        return None
    if not _DATE.fullmatch(text.strip()):
        return relative
    try:
        return datetime.fromisoformat(text.strip().rstrip("Z"))
    except ValueError:
        return relative


def sql_literal(value: Any) -> str:
    """A value as SQL, as SQLAlchemy's literal binds write it."""
    if value is None:
        return "NULL"
    if isinstance(value, (bool, int, float)):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return "'" + str(value).replace("'", "''") + "'"


def where_in(values: Any, mark: str | None = None, default_to_none: bool = False) -> str | None:  # noqa: ARG001, FBT001, FBT002  Superset's signature
    """Superset's ``where_in`` filter: ``('a', 'b')``."""
    listed = ", ".join(sql_literal(value) for value in values)
    return f"({listed})" if listed or not default_to_none else None


def to_datetime(value: str | None, format: str = "%Y-%m-%d %H:%M:%S") -> datetime | None:
    """Superset's ``to_datetime`` filter."""
    if not value:
        return None
    text = str(value).strip("'\"")
    try:
        return datetime.strptime(text, format)  # noqa: DTZ007  as Superset does
    except ValueError:
        if text.startswith("dashlint_") or text in {SINCE.isoformat(), UNTIL.isoformat()}:
            return SINCE  # the placeholder's format says nothing about the real value's
        raise


class FilterState:
    """The filters and the time range that a query carries.

    With ``assume``, a column without a filter answers as if it had one, so that the SQL that
    a dashboard's filters switch on is read too. ``removed`` are the columns whose filters a
    template has taken upon itself (``remove_filter=True``).
    """

    def __init__(
        self,
        filters: Iterable[FilterLike],
        time_range: str | None,
        *,
        assume: bool,
        ranges: Ranges | None = None,
        types: Mapping[str, str | None] | None = None,
    ) -> None:
        self._filters = tuple(filters)
        self._assume = assume
        self._ranges = ranges
        self._types = types or {}
        self.time_range = time_range
        self.since, self.until = self._bounds(time_range)
        self.removed: dict[str, None] = {}

    def _bounds(self, time_range: str | None) -> tuple[datetime | None, datetime | None]:
        if self._ranges is not None and time_range is not None:
            return self._ranges.ends(time_range)
        return bounds(time_range, assume=self._assume)

    def get_filters(self, column: str, remove_filter: bool = False) -> list[dict[str, Any]]:  # noqa: FBT001, FBT002  Superset's signature
        found: list[dict[str, Any]] = []
        for applied in self._filters:
            operator = applied.op.upper()
            if applied.col != column or not (applied.val or operator in {"IS NULL", "IS NOT NULL"}):
                continue
            value = applied.val
            if operator in {"IN", "NOT IN"} and not isinstance(value, (list, tuple)):
                value = [value]
            value = list(value) if isinstance(value, (list, tuple)) else value
            found.append({"op": operator, "col": column, "val": value})
            if remove_filter:
                self.removed[column] = None
        if not found and self._assume:
            found.append({"op": "IN", "col": column, "val": [placeholder_text(f"value_{column}")]})
        return found

    def filter_values(self, column: str, default: Any = None, remove_filter: bool = False) -> list[Any]:  # noqa: FBT001, FBT002  Superset's signature
        given = any(applied.col == column for applied in self._filters)
        if default and not given:
            return [default]
        values: list[Any] = []
        for applied in self.get_filters(column, remove_filter):
            if isinstance(applied["val"], list):
                values.extend(applied["val"])
            elif applied["val"]:
                values.append(applied["val"])
        return values or ([default] if default else [])

    def get_time_filter(
        self,
        column: str | None = None,
        default: str | None = None,
        target_type: str | None = None,
        strftime: str | None = None,
        remove_filter: bool = False,  # noqa: FBT001, FBT002  Superset's signature
    ) -> dict[str, str | None]:
        time_range = self.time_range
        for applied in self._filters:
            if applied.op.upper() == "TEMPORAL_RANGE" and column is not None and applied.col == column:
                time_range = str(applied.val)
                target_type = target_type or self._types.get(column)
                if remove_filter:
                    self.removed[column] = None
                break
        unset = time_range is None or time_range.lower() == "no filter"
        if unset and default and not (time_range is None and self._assume):
            time_range = default
        since, until = self._bounds(time_range)

        def written(bound: datetime | None) -> str | None:
            if bound is None:
                return None
            if strftime:
                return bound.strftime(strftime)
            return self._ranges.written(bound, target_type) if self._ranges else sql_literal(str(bound))

        return {
            "from_expr": written(since),
            "to_expr": written(until),
            "time_range": time_range or "No filter",
        }


def context(
    state: FilterState,
    *,
    engine: str | None,
    dataset: Dataset | None,
    query: Mapping[str, Any],
    template_params: Mapping[str, Any],
    dataset_sql: Callable[..., str],
    metric_sql: Callable[..., str],
) -> dict[str, Any]:
    """The names that a template may use. Macros win over parameters, as in Superset."""
    names: dict[str, Any] = {
        "columns": [],
        "filter": [],
        "from_dttm": state.since.isoformat() if state.since else None,
        "groupby": None,
        "metrics": [],
        "row_limit": 10_000,  # what most charts send: the control panels' default
        "row_offset": 0,
        "table_columns": [column.name for column in dataset.columns] if dataset else [],
        "time_column": dataset.main_dttm_col if dataset else None,
        "time_grain": None,
        "to_dttm": state.until.isoformat() if state.until else None,
        **query,
        **template_params,
        "cache_key_wrapper": lambda key: key,
        "current_user_email": lambda add_to_cache_keys=True: placeholder_text("current_user_email"),  # noqa: ARG005
        "current_user_id": lambda add_to_cache_keys=True: 1,  # noqa: ARG005
        "current_user_rls_rules": lambda: [placeholder_text("rls_rule")],
        "current_user_roles": lambda add_to_cache_keys=True: [placeholder_text("role")],  # noqa: ARG005
        "current_username": lambda add_to_cache_keys=True: placeholder_text("current_username"),  # noqa: ARG005
        "dataset": dataset_sql,
        "filter_values": state.filter_values,
        "get_filters": state.get_filters,
        "get_time_filter": state.get_time_filter,
        "metric": metric_sql,
        "url_param": _url_param,
    }
    spaces = PARTITION_NAMESPACES.get(engine, ()) if engine else ("presto", "trino", "hive", "spark")
    names.update(dict.fromkeys(spaces, _PARTITION_MACROS))
    return names


def _url_param(
    param: str,
    default: str | None = None,
    add_to_cache_keys: bool = True,  # noqa: ARG001, FBT001, FBT002  Superset's signature
    escape_result: bool = True,  # noqa: ARG001, FBT001, FBT002  Superset's signature
) -> str:
    return placeholder_text(f"url_{param}") if default is None else default


_PARTITION_MACROS: Mapping[str, Callable[..., Any]] = {
    "first_latest_partition": lambda *_, **__: _PARTITION,
    "latest_partition": lambda *_, **__: _PARTITION,
    "latest_partitions": lambda *_, **__: [_PARTITION],
    "latest_sub_partition": lambda *_, **__: _PARTITION,
}
