"""The requests that are measured: what the front end sends for such charts (POST /api/v1/chart/data)."""

from __future__ import annotations

from typing import Any, NamedTuple

MIXED = ("id", "price", "ratio", "paid", "day", "placed_at", "city", "sku", "note")
NUMBERS = ("id", "account", "price", "ratio", "score")
TEXTS = ("city", "sku", "note", "story")
NESTED = ("id", "document", "tags", "reference")
WIDE = (*MIXED, "account", "score", "seen_at", "story", "remark", "reference", "document", "tags")


class Request(NamedTuple):
    """One case: raw columns with a row limit, or a time series of a sum per city."""

    name: str
    columns: tuple[str, ...]
    rows: int
    format: str = "json"
    #: Dimension that a time series by hour or day is split by.
    series: str | None = None
    grain: str = "P1D"
    #: So many queries in one request, the same but for their limits.
    times: int = 1


REQUESTS = (
    Request("numbers", NUMBERS, 5_000),
    Request("numbers", NUMBERS, 50_000),
    Request("mixed", MIXED, 2_000),
    Request("mixed", MIXED, 20_000),
    Request("mixed", MIXED, 50_000),
    Request("texts", TEXTS, 10_000),
    Request("texts", TEXTS, 50_000),
    Request("cities", ("city",), 50_000),
    Request("notes", ("note", "remark"), 20_000),
    Request("cyrillic", ("remark",), 50_000),
    Request("nested", NESTED, 5_000),
    Request("nested", NESTED, 20_000),
    Request("wide", WIDE, 10_000),
    Request("mixed twice", MIXED, 10_000, times=2),
    Request("mixed", MIXED, 20_000, "csv"),
    Request("texts", TEXTS, 20_000, "csv"),
    Request("mixed", MIXED, 10_000, "xlsx"),
    Request("numbers", NUMBERS, 20_000, "xlsx"),
    Request("by day and city", ("placed_at", "city"), 50_000, series="city"),
    Request("by hour and city", ("placed_at", "city"), 20_000, series="city", grain="PT1H"),
    Request("by day and sku", ("placed_at", "sku"), 3_000, series="sku"),
)


def payload(request: Request, dataset: int, rows: int, *, force: bool) -> dict[str, Any]:
    """The body of a request, with another row limit where it only warms up."""
    query: dict[str, Any] = {
        "columns": list(request.columns),
        "metrics": None,
        "row_limit": rows,
        "filters": [],
        "extras": {},
        "orderby": [],
        "post_processing": [],
    }
    form: dict[str, Any] = {"viz_type": "table"}
    if request.series:
        form = {"viz_type": "echarts_timeseries_line"}
        query |= _time_series(request, rows)
    return {
        "datasource": {"id": dataset, "type": "table"},
        "force": force,
        # Each with another limit, so that each has a cache entry of its own.
        "queries": [{**query, "row_limit": rows - number} for number in range(request.times)],
        "form_data": form,
        "result_format": request.format,
        "result_type": "full",
    }


def _time_series(request: Request, rows: int) -> dict[str, Any]:
    """As buildQuery of plugin-chart-echarts/src/Timeseries: a base axis, and a pivot that is made flat."""
    metric = {
        "expressionType": "SIMPLE",
        "column": {"column_name": "ratio"},
        "aggregate": "SUM",
        "label": "SUM(ratio)",
    }
    axis = {
        "timeGrain": request.grain,
        "columnType": "BASE_AXIS",
        "sqlExpression": "placed_at",
        "label": "placed_at",
        "expressionType": "SQL",
    }
    pivot = {
        "operation": "pivot",
        "options": {
            "index": ["placed_at"],
            "columns": [request.series],
            "aggregates": {"SUM(ratio)": {"operator": "mean"}},
            "drop_missing_columns": False,
        },
    }
    renamed = {
        "operation": "rename",
        "options": {"columns": {"SUM(ratio)": None}, "level": 0, "inplace": True},
    }
    return {
        "columns": [axis, request.series],
        "metrics": [metric],
        "series_columns": [request.series],
        "row_limit": rows,
        "extras": {"time_grain_sqla": request.grain},
        "post_processing": [pivot, renamed, {"operation": "flatten"}],
    }
