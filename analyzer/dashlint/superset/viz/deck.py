"""deck.gl layers on ``/api/v1/chart/data``: 6.1 and later.

Source: ``legacy-preset-chart-deckgl/src/layers/*/buildQuery.ts`` and ``src/utils/`` of 6.1.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashlint.superset.js import Unbuildable, as_list, column_label, identity, is_empty, metric_label, truthy
from dashlint.superset.viz.base import Env, Form, QueryDict, base_query, context
from dashlint.superset.viz.legacy_deck import tooltip_columns

_PLACES = {
    "latlong": ("lonCol", "latCol"),
    "delimited": ("lonlatCol",),
    "geohash": ("geohashCol",),
}


def _place(form: Form, key: str) -> list[Any]:
    place = form.get(key)
    kind = place.get("type") if isinstance(place, Mapping) else None
    names = _PLACES.get(kind) if isinstance(kind, str) else None
    columns = [place.get(name) for name in names] if names and isinstance(place, Mapping) else []
    if not columns or not all(truthy(column) for column in columns):
        raise Unbuildable("a map without its columns")
    return columns


def _not_null(columns: list[Any]) -> list[dict[str, Any]]:
    return [{"col": column, "op": "IS NOT NULL"} for column in columns]


def _null_as_value(columns: list[Any]) -> list[dict[str, Any]]:
    """Points and arcs write the value that there is none of, which is another cache key (seen on 6.1.0)."""
    return [{**entry, "val": None} for entry in _not_null(columns)]


def _add(columns: list[Any], names: list[Any]) -> None:
    """Append what is not there yet."""
    seen = {identity(column) for column in columns}
    for name in names:
        if identity(name) not in seen:
            seen.add(identity(name))
            columns.append(name)


def _listed(value: Any) -> list[Any]:
    """A list's items; text has a length but no ``forEach``, all else is passed over."""
    if isinstance(value, str) and value:
        raise Unbuildable("js_columns has no forEach method")
    return list(value) if isinstance(value, (list, tuple)) else []


def _with_tooltip(form: Form, columns: list[Any]) -> list[Any]:
    seen = [column_label(column) for column in columns]
    wanted = form.get("tooltip_contents")
    kept = list(columns)
    for name in tooltip_columns(form) if isinstance(wanted, list) else ():
        if name not in seen:
            kept.append(name)
            seen.append(name)
    return kept


def points(form: Form, env: Env) -> list[QueryDict]:
    """Contour, grid, heatmap, hex and screen grid: weight by ``size``."""
    places = _place(form, "spatial")
    query = base_query(form, env)
    columns = [*query["columns"], *places]
    _add(columns, _listed(form.get("js_columns")))
    size = form.get("size")
    query["columns"] = _with_tooltip(form, columns)
    query["metrics"] = [size] if truthy(size) else []
    query["filters"] = query["filters"] + _null_as_value(places)
    query["is_timeseries"] = False
    if truthy(size):
        query.pop("orderby", None)
        if not is_empty(size):
            query["orderby"] = [[size, False]]
    return context(form, [query])


def arc(form: Form, env: Env) -> list[QueryDict]:
    """``deck_arc``: both ends, raw or grouped by what the metrics say."""
    start, end = _place(form, "start_spatial"), _place(form, "end_spatial")
    query = base_query(form, env)
    columns = [*query["columns"], *start, *end]
    if truthy(form.get("dimension")):
        columns.append(form["dimension"])
    _add(columns, as_list(form.get("js_columns")))
    query["columns"] = _with_tooltip(form, columns)
    query["filters"] = query["filters"] + _null_as_value(start + end)
    query["is_timeseries"] = truthy(form.get("time_grain_sqla"))
    return context(form, [query])


def path(form: Form, env: Env) -> list[QueryDict]:
    """``deck_path``: grouped by the path where there is a metric, else the path among the columns."""
    column = form.get("line_column")
    if not truthy(column):
        raise Unbuildable("a path without its column")
    query = base_query(form, env)
    columns, metrics = list(query["columns"]), as_list(query.get("metrics"))
    metric = form.get("metric")
    groupby: list[Any] = []
    if metrics or truthy(metric):
        if truthy(metric) and metric not in metrics:
            metrics.append(metric)
        groupby.append(column)
    else:
        _add(columns, [column])
    _add(columns, [name for name in as_list(form.get("js_columns")) if name not in groupby])
    nulls = [f.get("col") for f in _mappings(query["filters"]) if f.get("op") == "IS NOT NULL"]
    query["columns"] = _with_tooltip(form, columns)
    query["metrics"] = metrics
    query["groupby"] = _with_tooltip(form, groupby)
    if column not in nulls:
        query["filters"] = query["filters"] + _not_null([column])
    query["is_timeseries"] = truthy(form.get("time_grain_sqla"))
    return context(form, [query])


def _mappings(values: list[Any]) -> list[Mapping[str, Any]]:
    return [value for value in values if isinstance(value, Mapping)]


def polygon(form: Form, env: Env) -> list[QueryDict]:
    """``deck_polygon``: the shape, coloured and raised by up to two metrics."""
    column, metric = form.get("line_column"), form.get("metric")
    if not truthy(column):
        raise Unbuildable("a polygon without its column")
    query = base_query(form, env)
    columns = [*query["columns"], column]
    _add(columns, as_list(form.get("js_columns")))
    query["columns"] = _with_tooltip(form, columns)
    metrics = [metric] if truthy(metric) else []
    radius = form.get("point_radius_fixed")
    if truthy(radius) and not isinstance(radius, (Mapping, list, tuple)):
        raise Unbuildable("a radius that holds no type")
    if isinstance(radius, Mapping) and radius.get("type") == "metric" and radius.get("value") is not None:
        metrics.append(radius["value"])
    query["metrics"] = metrics
    if truthy(form.get("filter_nulls", True)):
        wanted = [column] + ([metric_label(metric)] if truthy(metric) else [])
        query["filters"] = query["filters"] + _not_null(wanted)
    query["is_timeseries"] = False
    return context(form, [query])


def scatter(form: Form, env: Env) -> list[QueryDict]:
    """``deck_scatter``: points, sized by a metric or by a fixed radius."""
    places = _place(form, "spatial")
    query = base_query(form, env)
    columns = [*query["columns"], *places]
    if truthy(form.get("dimension")):
        columns.append(form["dimension"])
    names = [_scatter_name(column) for column in columns]
    _add(names, _listed(form.get("js_columns")))
    query["columns"] = _with_tooltip(form, names)
    metric = _radius_metric(form.get("point_radius_fixed"))
    metrics = query.get("metrics") or []
    if metric is not None:
        label = metric_label(metric)
        if label not in [metric_label(m) for m in metrics]:
            metrics = [*metrics, metric]
        query["orderby"] = [[label, False]]
    else:
        query.setdefault("orderby", [])
    query["metrics"] = metrics
    query["filters"] = query["filters"] + _null_as_value(places)
    query["is_timeseries"] = False
    return context(form, [query])


def _scatter_name(column: Any) -> Any:
    if isinstance(column, Mapping):
        label, sql = column.get("label"), column.get("sqlExpression")
        return label if truthy(label) else (sql if truthy(sql) else "")
    return column if isinstance(column, str) else ""


def _radius_metric(radius: Any) -> Any:
    """The metric that sizes the points; None for a fixed size."""
    if isinstance(radius, str):
        return radius or None
    if isinstance(radius, Mapping) and radius.get("type") == "metric":
        value = radius.get("value")
        if truthy(value) and not (isinstance(value, (int, float)) and not isinstance(value, bool)):
            return value
    return None
