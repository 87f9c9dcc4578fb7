"""The fields in which a predicted query is held against a captured one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dashlint.superset.query import Query
from tests.truth.front_end.shape import column, listed


class Difference(NamedTuple):
    """One field that differs: where, and both values."""

    where: str
    field: str
    captured: Any
    predicted: Any


def _label(column: Any) -> Any:
    return column["label"] if isinstance(column, Mapping) else column


def captured_fields(query: Mapping[str, Any]) -> dict[str, Any]:
    """A captured query's fields; a key that was not sent becomes what its absence means."""
    extras = query.get("extras", {})
    return {
        "columns": [_label(c) for c in query.get("columns", ())],
        "groupby": [_label(c) for c in query.get("groupby", ())],
        "base_axis": [
            (c["label"], c.get("timeGrain"))
            for c in query.get("columns", ())
            if isinstance(c, Mapping) and c.get("columnType") == "BASE_AXIS"
        ],
        "metrics": query.get("metrics"),
        "filters": [(f["col"], f["op"], f.get("val")) for f in query.get("filters", ())],
        "row_limit": query.get("row_limit"),
        "row_offset": query.get("row_offset", 0),
        "series_limit": query.get("series_limit", 0),
        "series_limit_metric": query.get("series_limit_metric"),
        "series_columns": [_label(c) for c in query.get("series_columns", ())],
        "orderby": [tuple(item) for item in query.get("orderby", ())],
        "order_desc": query.get("order_desc", True),
        "is_rowcount": query.get("is_rowcount", False),
        "is_timeseries": query.get("is_timeseries", False),
        "post_processing": query.get("post_processing", []),
        "time_offsets": query.get("time_offsets", []),
        "time_range": query.get("time_range"),
        "granularity": query.get("granularity"),
        "time_grain": extras.get("time_grain_sqla"),
        "where": extras.get("where", ""),
        "having": extras.get("having", ""),
        "group_others": query.get("group_others_when_limit_reached", False),
    }


def predicted_fields(query: Query) -> dict[str, Any]:
    sent = query.columns if query.sent_columns is None else query.sent_columns
    metric = query.series_limit_metric
    return {
        "columns": [c.label for c in sent],
        "groupby": [_label(column(c)) for c in listed(query.raw.get("groupby"))],
        "base_axis": [(c.label, c.time_grain) for c in sent if c.is_base_axis],
        "metrics": None if query.metrics is None else [m.label for m in query.metrics],
        "filters": [(f.col, f.op, f.val) for f in query.filters],
        # The front ends' recordings keep numbers only; the server reads "50" as 50, too.
        "row_limit": None if isinstance(query.raw.get("row_limit"), str) else query.row_limit,
        "row_offset": query.row_offset,
        "series_limit": query.series_limit,
        "series_limit_metric": None if metric is None else metric.label,
        "series_columns": [c.label for c in query.series_columns],
        "orderby": list(query.orderby),
        "order_desc": query.order_desc,
        "is_rowcount": query.is_rowcount,
        "is_timeseries": query.is_timeseries,
        "post_processing": list(query.post_processing),
        "time_offsets": list(query.time_offsets),
        "time_range": query.time_range,
        "granularity": query.granularity,
        "time_grain": query.time_grain,
        "where": query.where,
        "having": query.having,
        "group_others": query.group_others,
    }


def differences(where: str, captured: Mapping[str, Any], predicted: Query) -> Iterator[Difference]:
    ours = predicted_fields(predicted)
    for field, value in captured_fields(captured).items():
        if value != ours[field]:
            yield Difference(where, field, value, ours[field])
