"""deck.gl layers over ``/superset/explore_json/``: all up to 6.0, only geojson in 6.1.

Source: ``superset/viz.py:BaseDeckGLViz`` and its layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashlint.superset.js import Unbuildable, as_list, unique
from dashlint.superset.viz.base import Env, Form, QueryDict
from dashlint.superset.viz.legacy_base import base, descending


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
    """The layer's own metrics (``get_metrics``); without any, all metrics of the form count."""
    viz_type = form.get("viz_type")
    if viz_type == "deck_scatter":
        return _radius_metric(form)
    if viz_type == "deck_polygon":
        return [metric for metric in (form.get("metric"), *_radius_metric(form)) if metric]
    return [form["size"]] if form.get("size") else []


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
    query = base(form, env, timeseries=False)
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
    groupby: list[Any] = query["columns"]
    own = _deck_metrics(form)
    if own:
        groupby, columns = columns, []
        query["metrics"] = own
        query["orderby"] = [[own[0], not descending(form)]]
    if viz_type == "deck_geojson":
        return [{**query, "metrics": [], "columns": [*columns, form.get("geojson")]}]
    added = [line_column] if viz_type in ("deck_path", "deck_polygon") else []
    if env.settings.at_least("6.1"):
        added += tooltip_columns(form)
    target = groupby if query["metrics"] else columns
    target += unique(column for column in added if column not in target)
    query["columns"] = groupby or columns
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
