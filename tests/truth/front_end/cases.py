"""Made-up charts, plausible and odd ones, to ask a front end for their queries."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Make = Callable[[random.Random], Any]

COLUMNS = ["a", "b", "ds", "city", "__timestamp", "my col"]


def one_of(*values: Any) -> Make:
    return lambda r: r.choice(values)


def adhoc_column(r: random.Random) -> dict[str, Any]:
    label, sql = r.choice(["up city", "x1", "a"]), r.choice(["UPPER(city)", "a", "ds"])
    return {"label": label, "sqlExpression": sql, "expressionType": "SQL"}


def column(r: random.Random) -> Any:
    return r.choice(COLUMNS) if r.random() < 0.85 else adhoc_column(r)


def columns(r: random.Random) -> Any:
    kind = r.random()
    if kind < 0.15:
        return []
    if kind < 0.2:
        return None
    if kind < 0.25:
        return column(r)
    return [column(r) for _ in range(r.randint(1, 3))]


def metric(r: random.Random) -> Any:
    kind = r.random()
    if kind < 0.5:
        return r.choice(["count", "sum__sales", "avg_x"])
    made: dict[str, Any]
    if kind < 0.75:
        made = {
            "expressionType": "SIMPLE",
            "column": {"column_name": r.choice(["sales", "qty"])},
            "aggregate": r.choice(["SUM", "AVG", "COUNT_DISTINCT"]),
        }
        return {**made, "label": r.choice(["SUM(sales)", "my m", ""])} if r.random() < 0.5 else made
    made = {"expressionType": "SQL", "sqlExpression": r.choice(["SUM(x)/2", "MAX(y)"])}
    return {**made, "label": "sqlm"} if r.random() < 0.7 else made


def metrics(r: random.Random) -> Any:
    kind = r.random()
    if kind < 0.08:
        return []
    if kind < 0.12:
        return None
    if kind < 0.17:
        return metric(r)
    return [metric(r) for _ in range(r.randint(1, 3))]


def adhoc_filter(r: random.Random) -> dict[str, Any]:
    kind = r.random()
    if kind < 0.55:
        operators = ["==", "IN", "TEMPORAL_RANGE", "IS NULL", "IS NOT NULL", ">=", "LIKE"]
        return {
            "expressionType": "SIMPLE",
            "clause": "WHERE" if kind < 0.45 else "HAVING",
            "subject": r.choice(COLUMNS),
            "operator": r.choice(operators),
            "comparator": r.choice([1, "x", ["u", "v"], "No filter", "Last week", None]),
        }
    sql, clause = (r.choice(["a > 1", "b = 2 -- hi"]), "WHERE") if kind < 0.8 else ("COUNT(*) > 5", "HAVING")
    return {"expressionType": "SQL", "clause": clause, "sqlExpression": sql}


def adhoc_filters(r: random.Random) -> Any:
    count = r.choice([0, 0, 1, 2, 4])
    return [adhoc_filter(r) for _ in range(count)] if r.random() < 0.85 else None


def order_item(r: random.Random) -> Any:
    item = [r.choice(COLUMNS), r.choice([True, False])]
    return json.dumps(item) if r.random() < 0.7 else item


def maybe(make: Make, *others: Any) -> Make:
    return lambda r: make(r) if r.random() < 0.6 else r.choice([None, *others])


number = one_of(0, 1, 7, "15", "", "abc", 100, 1000, 10_000, 200_000, None, "0", 50.0, "1e3", 3)


def flag(r: random.Random) -> bool | None:
    return r.choice([True, False, None])


comparison = one_of("values", "difference", "percentage", "ratio", None, "zz")
offsets = one_of(None, [], ["1 year ago"], ["1 year ago", "28 days ago"], "1 week ago", ["inherit"])
spatial = one_of(
    {"type": "latlong", "lonCol": "lon", "latCol": "lat"},
    {"type": "delimited", "lonlatCol": "ll"},
    {"type": "geohash", "geohashCol": "gh"},
    {"type": "latlong", "lonCol": "lon"},
    None,
)
VALUES: Mapping[str, Make] = {
    **dict.fromkeys(["columns", "groupby", "all_columns", "groupby_b", "cols"], columns),
    **dict.fromkeys(["groupbyColumns", "groupbyRows", "js_columns", "tooltip_columns"], columns),
    **dict.fromkeys(["metrics", "metrics_b", "tooltip_metrics"], metrics),
    **dict.fromkeys(["metric", "secondary_metric", "x", "y", "size", "metric_2"], metric),
    **dict.fromkeys(["timeseries_limit_metric", "timeseries_limit_metric_b"], maybe(metric, "count", [])),
    **dict.fromkeys(["row_limit", "row_limit_b", "row_offset", "limit", "limit_b"], number),
    **dict.fromkeys(["order_desc", "order_desc_b", "server_pagination", "show_totals"], flag),
    **dict.fromkeys(["sort_by_metric", "truncate_metric", "truncate_metric_b", "filter_nulls"], flag),
    **dict.fromkeys(["forecastEnabled", "group_others_when_limit_reached", "x_axis_sort_asc"], flag),
    **dict.fromkeys(["adhoc_filters", "adhoc_filters_b"], adhoc_filters),
    **dict.fromkeys(["comparison_type", "comparison_type_b"], comparison),
    **dict.fromkeys(["time_compare", "time_compare_b"], offsets),
    **dict.fromkeys(["rolling_type", "rolling_type_b"], one_of("None", None, "cumsum", "mean", "sum", "zz")),
    **dict.fromkeys(["resample_rule", "resample_rule_b"], one_of(None, "1D")),
    **dict.fromkeys(["resample_method", "resample_method_b"], one_of(None, "zerofill", "ffill")),
    **dict.fromkeys(["source", "target", "source_category", "target_category"], maybe(column)),
    **dict.fromkeys(["spatial", "start_spatial", "end_spatial"], spatial),
    "percent_metrics": maybe(lambda r: [metric(r), metric(r)], []),
    "series_limit_metric": maybe(metric, []),
    "series_limit": one_of(0, 5, None, 10),
    "server_page_length": one_of(10, 20, 0, None, "50"),
    "query_mode": one_of("raw", "aggregate", None, "aggregate"),
    "x_axis_sort": one_of("ds", "count", "SUM(sales)", None, "a"),
    "percent_metric_calculation": one_of("row_limit", "all_records", None),
    "time_range": one_of("No filter", "Last week", None, ""),
    "granularity_sqla": one_of("ds", None, "", "b"),
    "granularity": one_of(None, "b"),
    "time_grain_sqla": one_of("P1D", "P1M", None, ""),
    "x_axis": maybe(one_of("ds", "a"), "", "__timestamp"),
    "start_date_offset": one_of("2020-01-01"),
    "contributionMode": one_of(None, "row", "column"),
    "aggregation": one_of("LAST_VALUE", "raw", "sum", "mean", None),
    "order_by_cols": maybe(lambda r: [order_item(r), order_item(r)], []),
    "orderby": maybe(lambda r: [[metric(r), True]], '"count"'),
    "temporal_columns_lookup": one_of({}, {"ds": True}, {"ds": True, "a": True}, None),
    "whiskerOptions": one_of("Tukey", "Min/max (no outliers)", "2/98 percentiles", None, ""),
    "sort_x_axis": one_of(None, "alpha_asc", "alpha_desc", "value_asc", "value_desc"),
    "sort_y_axis": one_of(None, "alpha_asc", "value_desc"),
    "normalize_across": one_of("heatmap", "x", "y"),
    "column": column,
    "entity": maybe(one_of("a", ["a", "b"])),
    "series": maybe(one_of("city", ["city"])),
    "id": one_of("a"),
    "parent": one_of("b"),
    "name": one_of(None, "city"),
    "start_time": one_of("ds"),
    "end_time": one_of("de"),
    "y_axis": one_of("a", None),
    "dimension": one_of(None, "city"),
    "line_column": one_of("poly", "poly", None),
    "point_radius_fixed": maybe(
        lambda r: {"type": "metric", "value": metric(r)}, {"type": "fix", "value": 5}
    ),
    "tooltip_contents": one_of([], None, ["a", "city"], [{"item_type": "column", "column_name": "b"}]),
    "series_columns": columns,
    "where": one_of(None, "", "q = 1"),
    "legacy_order_by": one_of(None, "count"),
    "annotation_layers": one_of([]),
}
#: What filters may add.
EXTRA: Mapping[str, Make] = {
    "filters": one_of([{"col": "city", "op": "IN", "val": ["x"]}]),
    "adhoc_filters": lambda r: [adhoc_filter(r)],
    "time_range": one_of("Last month", "No filter"),
    "granularity_sqla": one_of("dt2"),
    "time_grain_sqla": one_of("P1Y"),
    "time_compare": one_of("1 year ago"),
    "interactive_groupby": one_of(["a", "zz"]),
    "relative_start": one_of("now"),
    "granularity": one_of("g2"),
}
#: Keys that no control of the type has, but that its queries look at.
BESIDES: Mapping[str, tuple[str, ...]] = {
    "table": ("start_date_offset",),
    "ag-grid-table": ("start_date_offset",),
    "echarts_timeseries": ("x_axis_sort", "granularity_sqla"),
    "big_number": ("granularity_sqla",),
    "mixed_timeseries": ("granularity_sqla",),
    "heatmap_v2": ("granularity_sqla",),
    "waterfall": ("granularity_sqla",),
    "box_plot": ("granularity_sqla",),
    "pivot_table_v2": ("granularity_sqla",),
    "radar": ("series_limit_metric",),
    "pop_kpi": ("cols", "start_date_offset"),
    "unknown": ("columns", "groupby", "metrics", "metric", "row_limit", "adhoc_filters", "x_axis", "orderby"),
}
ODD: list[Any] = [None, 0, 1, "", "x", [], {}, [None], ["x", 1], {"a": 1}, True, False, -5, 1.5, [[]]]
ODD += [{"label": "l"}, ["{bad"]]
PAGES: list[dict[str, Any]] = [
    {"currentPage": 1, "pageSize": 20},
    {"pageSize": 50},
    {"currentPage": 2},
    {"currentPage": 0, "pageSize": 10, "sortBy": [{"key": "a", "desc": True}]},
]


def make(viz_type: str, controls: Iterable[str], r: random.Random, *, odd: bool) -> dict[str, Any]:
    """A chart's parameters in random order, what filters add to it, and a table's page."""
    keys = [key for key in (*controls, *BESIDES.get(viz_type, ())) if key in VALUES]
    params = {key: VALUES[key](r) for key in keys if r.random() < 0.72}
    for key in r.sample(sorted(VALUES), 3):
        params.setdefault(key, VALUES[key](r))
    # The server would add one to some charts, the front end alone does not.
    params.setdefault("time_range", VALUES["time_range"](r))
    if odd:
        for key in r.sample(sorted(params), min(len(params), r.randint(1, 3))):
            params[key] = r.choice(ODD)
    items = list(params.items())
    r.shuffle(items)
    extra = {key: value(r) for key, value in EXTRA.items() if r.random() < 0.3}
    pages = viz_type in ("table", "ag-grid-table") and r.random() < 0.3
    return {
        "viz_type": viz_type,
        "params": dict(items),
        "extra": extra if r.random() < 0.5 else None,
        "own_state": r.choice(PAGES) if pages else {},
    }
