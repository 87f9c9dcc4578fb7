"""Queries that Superset refuses before it writes any SQL.

Source: ``superset/charts/schemas.py:ChartDataQueryObjectSchema``,
``superset/common/query_object.py:validate``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashlint.assets import Dataset
from dashlint.chart_sql.model import Refused
from dashlint.chart_sql.prepared import Prepared, added_columns
from dashlint.superset.js import as_list, column_label
from dashlint.superset.query import Query
from dashlint.superset.viz.legacy_base import metric_name

#: ``db_engine_specs/base.py:builtin_time_grains``; TIME_GRAIN_ADDONS may add to them.
TIME_GRAINS = frozenset(
    {"PT1S", "PT5S", "PT30S", "PT1M", "PT5M", "PT10M", "PT15M", "PT30M", "PT1H", "PT6H", "P1D", "P1W", "P1M"}
    | {"P3M", "P1Y", "1969-12-28T00:00:00Z/P1W", "1969-12-29T00:00:00Z/P1W"}
    | {"P1W/1970-01-03T00:00:00Z", "P1W/1970-01-04T00:00:00Z"}
)


def check(query: Query, prepared: Prepared, dataset: Dataset) -> None:
    """Raises Refused for a query that the server answers with an error.

    Args:
        query: the query as the browser sends it to ``chart/data``.
        prepared: the same as the server reads it.
        dataset: what it reads.
    """
    _check_types(query.raw)
    _check_columns(query, prepared, dataset)
    labels = [str(metric_name(m)) for m in prepared.metrics or ()]
    labels += [str(column_label(c)) for c in prepared.columns]
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise Refused(f"columns or metrics share the label {', '.join(twice)}")
    if any(c not in prepared.columns for c in as_list(query.raw.get("series_columns"))):
        raise Refused("series_columns names columns that the query does not have")


#: Keys of a query object, what they may hold, and the words for it. Null is always allowed.
_KINDS: tuple[tuple[str, tuple[type, ...], str], ...] = (
    ("time_range", (str,), "text"),
    ("granularity", (str,), "text"),
    ("time_offsets", (list, tuple), "a list"),
    ("series_columns", (list, tuple), "a list"),
    ("groupby", (list,), "a list"),
    ("order_desc", (bool, int, str), "true or false"),
    ("is_timeseries", (bool, int, str), "true or false"),
    ("group_others_when_limit_reached", (bool, int, str), "true or false"),
    ("series_limit", (int, float, str), "a number"),
)


def _check_types(raw: Mapping[str, Any]) -> None:
    for key, kinds, words in _KINDS:
        if raw.get(key) is not None and not isinstance(raw[key], kinds):
            raise Refused(f"{key} is not {words}")
    for key in ("time_offsets", "series_columns"):
        if any(entry is None for entry in raw.get(key) or ()):
            raise Refused(f"{key} has an empty entry")
    if isinstance(raw.get("row_limit"), (int, float)) and raw["row_limit"] < 0:
        raise Refused("row_limit is below 0")
    for entry in as_list(raw.get("orderby")):
        if not isinstance(entry, (list, tuple)) or len(entry) != 2 or entry[0] is None:
            raise Refused("an entry of orderby is not a column or metric with a direction")
    grain = (raw.get("extras") or {}).get("time_grain_sqla")
    if grain is not None and (not isinstance(grain, str) or grain not in TIME_GRAINS):
        raise Refused(f"time grain {grain!r} does not exist")


def _check_columns(query: Query, prepared: Prepared, dataset: Dataset) -> None:
    # 6.1 adds a tooltip's column as an object of its own, which then is no column any more
    # (common/query_context_factory.py:_append_missing_tooltip_columns; seen on 6.1.0: HTTP 500).
    added = () if dataset.currency_code_column in prepared.columns else added_columns(query)
    for column in prepared.columns:
        if not isinstance(column, str) and not _is_adhoc(column):
            raise Refused("a column is neither a name nor SQL with a label")
        if column in added and column in dataset.column_by_name:
            raise Refused(f"Superset fails to add tooltip column {column!r} to the query")


def _is_adhoc(column: Any) -> bool:
    return isinstance(column, Mapping) and isinstance(column.get("sqlExpression"), str) and "label" in column
