"""Chart types that post their form data to ``/superset/explore_json/``.

The browser sends the form data; the server makes one query out of it. So these builders speak
of the server: ``superset/viz.py`` of 4.1 to 6.1 (class named with each type). A chart that the
server refuses (no metric, no country…) sends its request all the same, but no SQL follows:
the query list is empty.
"""

from __future__ import annotations

from collections.abc import Mapping

from dashlint.superset.js import as_list, number
from dashlint.superset.viz.base import Builder, Env, Form, QueryDict
from dashlint.superset.viz.legacy_base import base, descending, metric_name, require
from dashlint.superset.viz.legacy_deck import deck

_SUBDOMAINS = {"min": "PT1M", "hour": "PT1H", "day": "P1D", "week": "P1W", "month": "P1M", "year": "P1Y"}


def _time_series(form: Form, env: Env) -> QueryDict:
    """``NVD3TimeSeriesViz``: ordered by the limit metric or the first metric."""
    query = base(form, env, timeseries=True)
    metrics = query["metrics"]
    sort_by = form.get("timeseries_limit_metric") or (metrics[0] if metrics else None)
    if sort_by:
        if metric_name(sort_by) not in [metric_name(m) for m in metrics]:
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
    require(form.get("metrics"))
    require(not form.get("groupby") or len(as_list(form["metrics"])) == 1)
    query = base(form, env, timeseries=True)
    query["orderby"] = [[query["metrics"][0], not query.get("order_desc")]]
    return [query]


def cal_heatmap(form: Form, env: Env) -> list[QueryDict]:
    """``CalHeatmapViz``: the smallest cell is the time grain."""
    query = base(form, env, timeseries=True)
    query["metrics"] = as_list(form.get("metrics"))
    grain = form.get("subdomain_granularity", "min")
    require(isinstance(grain, str) and grain in _SUBDOMAINS)
    query["extras"]["time_grain_sqla"] = _SUBDOMAINS[grain]
    return [query]


def bubble(form: Form, env: Env) -> list[QueryDict]:
    """``BubbleViz`` puts ``limit`` in the row limit's place, whatever that is: even nothing."""
    query = base(form, env)
    require(form.get("entity"), form.get("x"), form.get("y"), form.get("size"))
    # Three metrics of three names are asked for.
    require(len({str(metric_name(metric)) for metric in query["metrics"]}) >= 3)
    query["columns"] = as_list(form.get("entity"))
    if form.get("series") and form["series"] not in query["columns"]:
        query["columns"] += as_list(form["series"])
    query["metrics"] = [form["size"], form["x"], form["y"]]
    query["row_limit"] = number(form.get("limit")) if form.get("limit") else None
    query["unlimited"] = True
    return [query]


def bullet(form: Form, env: Env) -> list[QueryDict]:
    """``BulletViz``: one number."""
    require(form.get("metric"))
    return [{**base(form, env), "metrics": [form["metric"]]}]


def chord(form: Form, env: Env) -> list[QueryDict]:
    """``ChordViz``: flows from ``groupby`` to ``columns``."""
    query = base(form, env)
    ends = (form.get("groupby"), form.get("columns"))
    query["columns"] = [column for end in ends for column in (end if isinstance(end, list) else [end])]
    query["metrics"] = [form.get("metric")]
    return [_by_metric(form, query)]


def _by_metric(form: Form, query: QueryDict) -> QueryDict:
    if form.get("sort_by_metric") and query["metrics"]:
        query["orderby"] = [[query["metrics"][0], False]]
    return query


def country_map(form: Form, env: Env) -> list[QueryDict]:
    """``CountryMapViz``."""
    require(form.get("select_country"), form.get("metric"), form.get("entity"))
    query = base(form, env)
    return [{**query, "metrics": [form["metric"]], "columns": [form["entity"]]}]


def world_map(form: Form, env: Env) -> list[QueryDict]:
    """``WorldMapViz``."""
    require("entity" in form)
    query = base(form, env)
    query["columns"] = [form["entity"]]
    return [_by_metric(form, query)]


def _limit_metric_order(form: Form, query: QueryDict) -> QueryDict:
    sort_by = form.get("timeseries_limit_metric")
    if sort_by:
        if metric_name(sort_by) not in [metric_name(m) for m in query["metrics"]]:
            query["metrics"].append(sort_by)
        if form.get("order_desc"):
            query["orderby"] = [[sort_by, False]]
    return query


def para(form: Form, env: Env) -> list[QueryDict]:
    """``ParallelCoordinatesViz``."""
    query = base(form, env)
    query["columns"] = [form.get("series")]
    return [_limit_metric_order(form, query)]


def paired_ttest(form: Form, env: Env) -> list[QueryDict]:
    """``PairedTTestViz``."""
    return [_limit_metric_order(form, base(form, env, timeseries=True))]


def mapbox(form: Form, env: Env) -> list[QueryDict]:
    """Raw points without a group, the groups otherwise."""
    query = base(form, env)
    label = form.get("mapbox_label")
    label = label if isinstance(label, (list, str)) else None
    points = [form.get("all_columns_x"), form.get("all_columns_y")]
    if form.get("groupby"):
        wanted = [*points, *(label[:1] if label and label[0] != "count" else ())]
        if form.get("point_radius") != "Auto":
            wanted.append(form.get("point_radius"))
        require(all(column in as_list(form["groupby"]) for column in wanted))
        return [query]
    if label:
        require(label[0] != "count")
        points.append(label[0])
    if form.get("point_radius") != "Auto":
        points.append(form.get("point_radius"))
    require(*(point is not None for point in points))
    query["columns"] = sorted({str(point) for point in points})
    return [query]


def event_flow(form: Form, env: Env) -> list[QueryDict]:
    """``EventFlowViz`` (4.1): events and what is known of them."""
    query = base(form, env, timeseries=True)
    keys = [form.get("all_columns_x"), form.get("entity")]
    query["columns"] = keys + [c for c in as_list(form.get("all_columns")) if c not in keys]
    if form.get("order_by_entity", True):
        query["orderby"] = [[form.get("entity"), True]]
    return [query]


def dist_bar(form: Form, env: Env) -> list[QueryDict]:
    """``DistributionBarViz`` (4.1): groups and breakdowns, ordered by the first metric."""
    require(form.get("metrics"), form.get("groupby"))
    query = base(form, env)
    sort_by = form.get("timeseries_limit_metric") or query["metrics"][0]
    if metric_name(sort_by) not in [metric_name(m) for m in query["metrics"]]:
        query["metrics"].append(sort_by)
    query["orderby"] = [[sort_by, not descending(form)]]
    return [query]


def heatmap(form: Form, env: Env) -> list[QueryDict]:
    """``HeatmapViz`` (4.1)."""
    query = base(form, env)
    query["metrics"] = [form.get("metric")]
    query["columns"] = [form.get("all_columns_x"), form.get("all_columns_y")]
    return [_by_metric(form, query)]


def histogram(form: Form, env: Env) -> list[QueryDict]:
    """``HistogramViz`` (4.1) reads raw rows."""
    query = base(form, env)
    numeric = as_list(form.get("all_columns_x"))
    require(numeric)
    query["columns"] = numeric + as_list(form.get("groupby"))
    query.pop("metrics")
    return [query]


def sankey(form: Form, env: Env) -> list[QueryDict]:
    """``SankeyViz`` (4.1)."""
    query = base(form, env)
    require(len(query["columns"]) == 2)
    query["metrics"] = [form.get("metric")]
    return [_by_metric(form, query)]


def deck_multi(_form: Form, _env: Env) -> list[QueryDict]:
    """No query of its own: the server runs those of the layers in ``deck_slices``."""
    return []


BUILDERS: Mapping[str, Builder] = {
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
OLD_BUILDERS: Mapping[str, Builder] = {
    "area": line,
    "bar": line,
    "dist_bar": dist_bar,
    "event_flow": event_flow,
    "heatmap": heatmap,
    "histogram": histogram,
    "line": line,
    "sankey": sankey,
}
