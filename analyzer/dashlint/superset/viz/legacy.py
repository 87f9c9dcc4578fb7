"""Chart types that post their form data to ``/superset/explore_json/``.

The browser sends the form data; the server makes one query out of it. So these builders speak
of the server: ``superset/viz.py`` of 4.1 to 6.1 (class named with each type). A chart that the
server refuses (no metric, no country…) sends its request all the same, but no SQL follows:
the query list is empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dashlint.superset.js import Unbuildable, as_list, number
from dashlint.superset.viz.base import Env, Form, QueryDict, base_query

#: ``viz.py:METRIC_KEYS``, in its order.
_METRIC_KEYS = (
    "metric",
    "metrics",
    "percent_metrics",
    "metric_2",
    "secondary_metric",
    "x",
    "y",
    "size",
)
_SUBDOMAINS = {"min": "PT1M", "hour": "PT1H", "day": "P1D", "week": "P1W", "month": "P1M", "year": "P1Y"}


def _name(metric: Any) -> Any:
    """``utils/core.py:get_metric_name``: an adhoc metric's label, else what it computes."""
    if not isinstance(metric, Mapping):
        return metric if isinstance(metric, str) else None
    if metric.get("label"):
        return metric["label"]
    if metric.get("expressionType") == "SIMPLE":
        column = metric.get("column")
        name = column.get("column_name") if isinstance(column, Mapping) else ""
        aggregate = metric.get("aggregate")
        return f"{aggregate}({name})" if aggregate else name
    return metric.get("sqlExpression")


def _metrics(form: Form) -> list[Any]:
    found: dict[str, Any] = {}
    for key in _METRIC_KEYS:
        value = form.get(key)
        for metric in (value if isinstance(value, list) else [value]) if value else ():
            found[str(_name(metric))] = metric
    return list(found.values())


def _base(form: Form, env: Env, *, timeseries: bool = False) -> QueryDict:
    """``BaseViz.query_obj``, with the filters as ``merge_extra_form_data`` merges them."""
    plain = {key: value for key, value in form.items() if key not in _LISTS}
    plain.setdefault("order_desc", True)
    query = base_query(plain, env)
    grouped = as_list(form.get("groupby") or []) + as_list(form.get("columns") or [])
    labels = [column for column in grouped if column != "__timestamp"]
    query.update(
        columns=labels,
        metrics=_metrics(form),
        is_timeseries=timeseries or len(labels) != len(grouped),
        series_limit=number(form.get("limit") or 0) or 0,
        series_columns=labels,
    )
    for key in ("series_limit_metric", "orderby", "group_others_when_limit_reached", "row_offset"):
        query.pop(key, None)
    if form.get("timeseries_limit_metric"):
        query["series_limit_metric"] = form["timeseries_limit_metric"]
    query["row_limit"] = number(form.get("row_limit") or 0)
    return query


#: Lists that the chart-data builders read and this path does not.
_LISTS = frozenset(
    {"columns", "groupby", "all_columns", "series", "metrics", "metric", "metric_2", "secondary_metric"}
    | {"x", "y", "size", "orderby", "order_by_cols", "series_columns", "query_mode"}
)


def _require(*values: Any) -> None:
    if not all(values):
        raise Unbuildable("the server refuses the chart: something it needs is not set")


def _descending(form: Form) -> bool:
    return bool(form.get("order_desc", True))


def _time_series(form: Form, env: Env) -> QueryDict:
    """``NVD3TimeSeriesViz``: ordered by the limit metric or the first metric."""
    query = _base(form, env, timeseries=True)
    metrics = query["metrics"]
    sort_by = form.get("timeseries_limit_metric") or (metrics[0] if metrics else None)
    if sort_by:
        if _name(sort_by) not in [_name(m) for m in metrics]:
            metrics.append(sort_by)
        query["orderby"] = [[sort_by, not form.get("order_desc")]]
    return query


def line(form: Form, env: Env) -> list[QueryDict]:
    """Line, area, bar, compare, horizon, rose: one more statement for each time shift."""
    query = _time_series(form, env)
    query["time_offsets"] = as_list(form.get("time_compare") or [])
    return [query]


def time_pivot(form: Form, env: Env) -> list[QueryDict]:
    """``NVD3TimePivotViz``: one metric over time."""
    query = _time_series(form, env)
    query["metrics"] = [form.get("metric")]
    query["time_offsets"] = as_list(form.get("time_compare") or [])
    return [query]


def partition(form: Form, env: Env) -> list[QueryDict]:
    """``PartitionViz``: over time only if the chart says so."""
    query = line(form, env)[0]
    query["is_timeseries"] = form.get("time_series_option", "not_time") != "not_time"
    return [query]


def time_table(form: Form, env: Env) -> list[QueryDict]:
    """``TimeTableViz``."""
    _require(form.get("metrics"))
    query = _base(form, env, timeseries=True)
    query["orderby"] = [[query["metrics"][0], not query.get("order_desc")]]
    return [query]


def cal_heatmap(form: Form, env: Env) -> list[QueryDict]:
    """``CalHeatmapViz``: the smallest cell is the time grain."""
    query = _base(form, env, timeseries=True)
    query["metrics"] = as_list(form.get("metrics"))
    grain = form.get("subdomain_granularity", "min")
    _require(isinstance(grain, str) and grain in _SUBDOMAINS)
    query["extras"]["time_grain_sqla"] = _SUBDOMAINS[grain]
    return [query]


def bubble(form: Form, env: Env) -> list[QueryDict]:
    """``BubbleViz`` puts ``limit`` in the row limit's place, whatever that is: even nothing."""
    query = _base(form, env)
    _require(form.get("entity"), form.get("x"), form.get("y"), form.get("size"))
    query["columns"] = as_list(form.get("entity"))
    if form.get("series") and form["series"] not in query["columns"]:
        query["columns"] += as_list(form["series"])
    query["metrics"] = [form["size"], form["x"], form["y"]]
    query["row_limit"] = number(form.get("limit")) if form.get("limit") else None
    query["unlimited"] = True
    return [query]


def bullet(form: Form, env: Env) -> list[QueryDict]:
    """``BulletViz``: one number."""
    _require(form.get("metric"))
    return [{**_base(form, env), "metrics": [form["metric"]]}]


def chord(form: Form, env: Env) -> list[QueryDict]:
    """``ChordViz``: flows from ``groupby`` to ``columns``."""
    query = _base(form, env)
    query["columns"] = [*as_list(form.get("groupby")), *as_list(form.get("columns"))]
    query["metrics"] = [form.get("metric")]
    return [_by_metric(form, query)]


def _by_metric(form: Form, query: QueryDict) -> QueryDict:
    if form.get("sort_by_metric") and query["metrics"]:
        query["orderby"] = [[query["metrics"][0], False]]
    return query


def country_map(form: Form, env: Env) -> list[QueryDict]:
    """``CountryMapViz``."""
    _require(form.get("select_country"), form.get("metric"), form.get("entity"))
    query = _base(form, env)
    return [{**query, "metrics": [form["metric"]], "columns": [form["entity"]]}]


def world_map(form: Form, env: Env) -> list[QueryDict]:
    """``WorldMapViz``."""
    query = _base(form, env)
    query["columns"] = [form.get("entity")]
    return [_by_metric(form, query)]


def _limit_metric_order(form: Form, query: QueryDict) -> QueryDict:
    sort_by = form.get("timeseries_limit_metric")
    if sort_by:
        if _name(sort_by) not in [_name(m) for m in query["metrics"]]:
            query["metrics"].append(sort_by)
        if form.get("order_desc"):
            query["orderby"] = [[sort_by, False]]
    return query


def para(form: Form, env: Env) -> list[QueryDict]:
    """``ParallelCoordinatesViz``."""
    query = _base(form, env)
    query["columns"] = [form.get("series")]
    return [_limit_metric_order(form, query)]


def paired_ttest(form: Form, env: Env) -> list[QueryDict]:
    """``PairedTTestViz``."""
    return [_limit_metric_order(form, _base(form, env, timeseries=True))]


def mapbox(form: Form, env: Env) -> list[QueryDict]:
    """Raw points without a group, the groups otherwise."""
    query = _base(form, env)
    if form.get("groupby"):
        return [query]
    label = form.get("mapbox_label")
    points = [form.get("all_columns_x"), form.get("all_columns_y")]
    _require(*(point is not None for point in points))
    if isinstance(label, (list, str)) and label:
        _require(label[0] != "count")
        points.append(label[0])
    if form.get("point_radius") != "Auto":
        points.append(form.get("point_radius"))
    query["columns"] = sorted({str(point) for point in points if point is not None})
    return [query]


def event_flow(form: Form, env: Env) -> list[QueryDict]:
    """``EventFlowViz`` (4.1): events and what is known of them."""
    query = _base(form, env, timeseries=True)
    keys = [form.get("all_columns_x"), form.get("entity")]
    query["columns"] = keys + [c for c in as_list(form.get("all_columns")) if c not in keys]
    if form.get("order_by_entity", True):
        query["orderby"] = [[form.get("entity"), True]]
    return [query]


def dist_bar(form: Form, env: Env) -> list[QueryDict]:
    """``DistributionBarViz`` (4.1): groups and breakdowns, ordered by the first metric."""
    _require(form.get("metrics"), form.get("groupby"))
    query = _base(form, env)
    sort_by = form.get("timeseries_limit_metric") or query["metrics"][0]
    if _name(sort_by) not in [_name(m) for m in query["metrics"]]:
        query["metrics"].append(sort_by)
    if not form.get("timeseries_limit_metric") or _descending(form):
        query["orderby"] = [[sort_by, not _descending(form)]]
    return [query]


def heatmap(form: Form, env: Env) -> list[QueryDict]:
    """``HeatmapViz`` (4.1)."""
    query = _base(form, env)
    query["metrics"] = [form.get("metric")]
    query["columns"] = [form.get("all_columns_x"), form.get("all_columns_y")]
    return [_by_metric(form, query)]


def histogram(form: Form, env: Env) -> list[QueryDict]:
    """``HistogramViz`` (4.1) reads raw rows."""
    query = _base(form, env)
    numeric = as_list(form.get("all_columns_x"))
    _require(numeric)
    query["columns"] = numeric + as_list(form.get("groupby"))
    query["metrics"] = []
    return [query]


def sankey(form: Form, env: Env) -> list[QueryDict]:
    """``SankeyViz`` (4.1)."""
    query = _base(form, env)
    _require(len(query["columns"]) == 2)
    query["metrics"] = [form.get("metric")]
    return [_by_metric(form, query)]


# --- deck.gl (all layers up to 6.0; geojson in all versions) -----------------------------------------


def _spatial(form: Form, keys: tuple[str, ...]) -> list[Any]:
    columns: list[Any] = []
    for key in keys:
        place = form.get(key)
        if not isinstance(place, Mapping):
            raise Unbuildable("the server refuses the chart: a bad spatial key")
        names = {
            "latlong": ("lonCol", "latCol"),
            "delimited": ("lonlatCol",),
            "geohash": ("geohashCol",),
        }.get(str(place.get("type")), ())
        columns += [place.get(name) for name in names]
    return columns


def _radius_metric(form: Form) -> list[Any]:
    radius = form.get("point_radius_fixed")
    if isinstance(radius, Mapping) and radius.get("type") == "metric":
        return [radius.get("value")]
    return []


def _deck_metrics(form: Form) -> list[Any]:
    viz_type = form.get("viz_type")
    if viz_type == "deck_scatter":
        return _radius_metric(form)
    if viz_type == "deck_polygon":
        return [metric for metric in (form.get("metric"), *_radius_metric(form)) if metric]
    if viz_type in ("deck_arc", "deck_geojson"):
        return []
    metric = form.get("metric") if viz_type == "deck_path" else form.get("size")
    return [metric] if metric else []


_SPATIAL_KEYS = {
    "deck_arc": ("start_spatial", "end_spatial"),
    "deck_path": (),
    "deck_polygon": (),
    "deck_geojson": (),
}


def deck(form: Form, env: Env) -> list[QueryDict]:
    """``BaseDeckGLViz`` and its layers."""
    viz_type = str(form.get("viz_type"))
    places = _spatial(form, _SPATIAL_KEYS.get(viz_type, ("spatial",)))
    query = _base(form, env, timeseries=False)
    if viz_type in ("deck_scatter", "deck_screengrid", "deck_path", "deck_polygon", "deck_arc"):
        query["is_timeseries"] = bool(form.get("time_grain_sqla"))
    line_column = form.get("line_column")
    if form.get("filter_nulls", True):
        names = {str(place) for place in [*places, line_column] if place}
        query["filters"] = query["filters"] + [
            {"col": name, "op": "IS NOT NULL", "val": ""} for name in sorted(names)
        ]
    chosen = [*places, *as_list(form.get("dimension") or []), *as_list(form.get("js_columns") or [])]
    columns: list[Any] = sorted({str(column) for column in chosen if column is not None})
    metrics = _deck_metrics(form)
    query["metrics"] = metrics
    if metrics:
        query["orderby"] = [[metrics[0], not _descending(form)]]
    if viz_type in ("deck_path", "deck_polygon"):
        columns.append(line_column)
    elif viz_type == "deck_geojson":
        columns.append(form.get("geojson"))
    if env.settings.at_least("6.1"):
        columns += [column for column in tooltip_columns(form) if column not in columns]
    query["columns"] = columns
    return [query]


def tooltip_columns(form: Form) -> list[str]:
    """Names of columns that ``tooltip_contents`` asks for (6.1)."""
    names = []
    for item in as_list(form.get("tooltip_contents")):
        if isinstance(item, str):
            names.append(item)
        elif isinstance(item, Mapping) and item.get("item_type") == "column":
            name = item.get("column_name")
            if isinstance(name, str):
                names.append(name)
    return names


def deck_multi(_form: Form, _env: Env) -> list[QueryDict]:
    """No query of its own: the server runs those of the layers in ``deck_slices``."""
    return []


BUILDERS: Mapping[str, Callable[[Form, Env], list[QueryDict]]] = {
    "bubble": bubble,
    "bullet": bullet,
    "cal_heatmap": cal_heatmap,
    "chord": chord,
    "compare": line,
    "country_map": country_map,
    "deck_geojson": deck,
    "deck_multi": deck_multi,
    "horizon": line,
    "mapbox": mapbox,
    "paired_ttest": paired_ttest,
    "para": para,
    "partition": partition,
    "rose": line,
    "time_pivot": time_pivot,
    "time_table": time_table,
    "world_map": world_map,
}
#: Types that 5.0 no longer has.
OLD_BUILDERS: Mapping[str, Callable[[Form, Env], list[QueryDict]]] = {
    "area": line,
    "bar": line,
    "dist_bar": dist_bar,
    "event_flow": event_flow,
    "heatmap": heatmap,
    "histogram": histogram,
    "line": line,
    "sankey": sankey,
}
