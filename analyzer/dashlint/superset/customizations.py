"""What a dynamic group-by (a chart customization of 6.1) puts in place of a chart's own columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dashlint.assets import NativeFilter
from dashlint.superset.js import as_list, truthy

#: Types that a dynamic group-by leaves alone: they group by nothing, or by fixed keys.
_UNTOUCHED = frozenset(
    {
        "big_number",
        "big_number_total",
        "pop_kpi",
        "cal_heatmap",
        "country_map",
        "gantt",
        "world_map",
        "chord",
        "deck_arc",
        "deck_geojson",
        "deck_grid",
        "deck_hex",
        "deck_heatmap",
        "deck_multi",
        "deck_polygon",
        "deck_scatter",
        "deck_screengrid",
        "deck_contour",
        "deck_path",
    }
)
#: Types that take one column only.
_ONE = frozenset({"heatmap", "heatmap_v2", "waterfall"})
#: Types with two ends: the keys that the first and the second column go to.
_ENDS = {
    "graph_chart": ("source", "target"),
    "sankey_v2": ("source", "target"),
    "bubble_v2": ("series", "entity"),
}


def dynamic_groupby(
    form_data: Mapping[str, Any], chosen: Iterable[tuple[NativeFilter, Sequence[Any]]]
) -> dict[str, Any]:
    """The form data that takes the place of the chart's; empty where nothing changes.

    Args:
        form_data: the chart's completed form data.
        chosen: the dynamic group-bys that have the chart in scope and are on its dataset, in
            the order of the configuration, each with the columns selected.

    Columns that the chart uses otherwise (x axis, metrics, series…) are passed over.
    Source: ``src/dashboard/util/charts/getFormDataWithExtraFilters.ts`` of 6.1.0.
    """
    viz_type = str(form_data.get("viz_type"))
    if viz_type in _UNTOUCHED:
        return {}
    used = _used(viz_type, form_data)
    columns: list[str] = []
    order: list[str] | None = None
    for customization, values in chosen:
        free = [v for v in values if isinstance(v, str) and v and v not in used]
        if not free:
            continue
        if viz_type in _ONE:
            columns = columns or free[:1]
        else:
            columns += [name for name in dict.fromkeys(free) if name not in columns]
        sort_metric = customization.control_values.get("sortMetric")
        if truthy(sort_metric):
            ascending = truthy(customization.control_values.get("sortAscending"))
            order = [json.dumps([sort_metric, not ascending], separators=(",", ":"))]
    changes = _changes(viz_type, columns, form_data) if columns else {}
    if order is not None:
        changes["order_by_cols"] = order
    return changes


def _used(viz_type: str, form_data: Mapping[str, Any]) -> list[Any]:
    used = [form_data.get(key) for key in ("series", "entity", "target")]
    if viz_type not in ("heatmap", "heatmap_v2"):
        used.append(form_data.get("x_axis"))
    metrics = as_list(form_data.get("metrics"))
    used += [metric if isinstance(metric, str) else _column_of(metric) for metric in metrics]
    for key, only in (("columns", "box_plot"), ("groupbyColumns", "pivot_table_v2")):
        if viz_type == only:
            used += [c if isinstance(c, str) else _named(c) for c in as_list(form_data.get(key))]
    return [name for name in used if isinstance(name, str)]


def _column_of(metric: Any) -> Any:
    column = metric.get("column") if isinstance(metric, Mapping) else None
    return _named(column) if isinstance(column, Mapping) else column


def _named(column: Any) -> Any:
    return column.get("column_name") if isinstance(column, Mapping) else None


def _changes(viz_type: str, columns: list[str], form_data: Mapping[str, Any]) -> dict[str, Any]:
    if viz_type.startswith(("echarts_timeseries", "echarts_area")):
        axis = form_data.get("x_axis")
        left = [name for name in columns if not truthy(axis) or name != axis]
        return {"groupby": left or as_list(form_data.get("groupby"))}
    if viz_type == "word_cloud":
        return {"series": columns[0], "groupby": []}
    if viz_type == "sunburst_v2":
        return {"columns": columns, "groupby": []}
    if viz_type == "pivot_table_v2":
        return {"groupbyColumns": columns}
    ends = _ENDS.get(viz_type)
    if ends is not None:
        changes: dict[str, Any] = dict(zip(ends, columns, strict=False))
        return {**changes, "groupby": []} if viz_type == "bubble_v2" else changes
    return {"groupby": columns}
