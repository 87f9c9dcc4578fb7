"""A query as a front end sends it, in the shape of the captured requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def column(value: Any) -> Any:
    """A name, or label, grain and kind of an adhoc column."""
    if isinstance(value, Mapping):
        shaped = {"label": text(value.get("label") or value.get("sqlExpression"))}
        if isinstance(value.get("timeGrain"), str):
            shaped["timeGrain"] = value["timeGrain"]
        if "columnType" in value:
            shaped["columnType"] = value["columnType"]
        return shaped
    return value if isinstance(value, str) else "null"


def metric(value: Any) -> str:
    if isinstance(value, str):
        return value
    if not isinstance(value, Mapping):
        return "null"
    if value.get("label"):
        return str(value["label"])
    if value.get("expressionType") == "SIMPLE":
        inner = value.get("column")
        if not isinstance(inner, Mapping):
            return "null"
        return f"{value.get('aggregate', 'undefined')}({inner.get('column_name', 'undefined')})"
    return "null" if value.get("sqlExpression") is None else str(value["sqlExpression"])


def listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def true(value: Any) -> bool:
    return isinstance(value, (list, dict)) or bool(value)


def whole(value: Any) -> int | None:
    return int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def text(value: Any) -> str:
    return value if isinstance(value, str) else "null" if value is None else str(value)


def as_captured(query: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are compared; what a field's absence means is left out."""
    limit_metric = query.get("series_limit_metric")
    extras = query.get("extras") or {}
    shaped: dict[str, Any] = {
        "columns": [column(c) for c in listed(query.get("columns"))],
        "groupby": [column(c) for c in listed(query.get("groupby"))],
        "metrics": None if query.get("metrics") is None else [metric(m) for m in listed(query["metrics"])],
        "filters": [
            {"col": text(_plain(f.get("col"))), "op": text(f.get("op")), "val": f.get("val")}
            for f in listed(query.get("filters"))
            if isinstance(f, Mapping)
        ],
        "row_limit": whole(query.get("row_limit")),
        "row_offset": whole(query.get("row_offset")) or 0,
        "series_limit": whole(query.get("series_limit")) or 0,
        "series_limit_metric": metric(limit_metric) if isinstance(limit_metric, (str, dict)) else None,
        "series_columns": [column(c) for c in listed(query.get("series_columns"))],
        "orderby": [
            [
                metric(item[0]) if isinstance(item[0], Mapping) else text(item[0]),
                len(item) > 1 and true(item[1]),
            ]
            for item in listed(query.get("orderby"))
            if isinstance(item, list) and item
        ],
        "order_desc": true(query.get("order_desc", True)),
        "is_rowcount": true(query.get("is_rowcount")),
        "is_timeseries": true(query.get("is_timeseries")),
        "post_processing": [step["operation"] for step in listed(query.get("post_processing")) if step],
        "time_offsets": [text(offset) for offset in listed(query.get("time_offsets"))],
        "group_others_when_limit_reached": true(query.get("group_others_when_limit_reached")),
        "extras": {
            key: extras[key]
            for key in ("where", "having", "time_grain_sqla")
            if isinstance(extras.get(key), str)
        },
    }
    for key in ("time_range", "granularity"):
        if isinstance(query.get(key), str):
            shaped[key] = query[key]
    return shaped


def _plain(value: Any) -> Any:
    return column(value)["label"] if isinstance(value, Mapping) else value
