"""The parameters that an import makes of an old chart type's, as far as queries depend on them.

Source: ``superset/migrations/shared/migrate_viz/processors.py`` and ``base.py:MigrateViz`` of
6.1.0, which ``commands/chart/importers/v1/utils.py:migrate_chart`` runs on every chart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from dashlint.superset.js import as_list

Params = dict[str, Any]


class _Step(NamedTuple):
    """Changes before the keys are renamed, and whether a time column becomes the x axis."""

    before: Callable[[Params], None]
    rename: Mapping[str, str]
    remove: tuple[str, ...] = ()
    x_axis: bool = False


def _nothing(_params: Params) -> None:
    pass


def _timeseries(params: Params) -> None:
    params["contributionMode"] = "row" if params.get("contribution") else None
    compare = params.get("time_compare")
    if compare is not None:
        shifts = [value.strip() for value in as_list(compare) if isinstance(value, str)]
        params["time_compare"] = [s if s.endswith(" ago") else f"{s} ago" for s in shifts if s]
    kind = params.get("comparison_type") or "values"
    params["comparison_type"] = "difference" if kind == "absolute" else kind


def _dist_bar(params: Params) -> None:
    _timeseries(params)
    groupby, columns = as_list(params.get("groupby") or []), as_list(params.get("columns") or [])
    if groupby:
        params["x_axis"] = groupby[0]
    params["groupby"] = groupby[1:] + columns


def _dual_line(params: Params) -> None:
    params["adhoc_filters_b"] = params.get("adhoc_filters")
    params["metrics"] = [params.get("metric")]
    params["metrics_b"] = [params.get("metric_2")]


def _histogram(params: Params) -> None:
    columns = params.get("all_columns_x")
    if isinstance(columns, (list, str)) and columns:
        params["column"] = columns[0]
    params["groupby"] = params.get("groupby") or []


def _sankey(params: Params) -> None:
    groupby = params.get("groupby")
    if isinstance(groupby, list) and len(groupby) > 1:
        params["source"], params["target"] = groupby[:2]


def _treemap(params: Params) -> None:
    metrics = params.get("metrics")
    if isinstance(metrics, list) and metrics:
        params["metric"] = metrics[0]


_STEPS: Mapping[str, _Step] = {
    "area": _Step(_timeseries, {}, ("contribution",), x_axis=True),
    "bar": _Step(_timeseries, {}, ("contribution",), x_axis=True),
    "dist_bar": _Step(_dist_bar, {}, ("contribution", "columns")),
    "dual_line": _Step(_dual_line, {}, ("metric", "metric_2"), x_axis=True),
    "heatmap": _Step(_nothing, {"all_columns_x": "x_axis", "all_columns_y": "groupby"}, ("sort_by_metric",)),
    "histogram": _Step(_histogram, {"normalized": "normalize"}, ("all_columns_x",)),
    "line": _Step(_timeseries, {}, ("contribution",), x_axis=True),
    "pivot_table": _Step(
        _nothing,
        {
            "columns": "groupbyColumns",
            "groupby": "groupbyRows",
            "row_limit": "series_limit",
            "timeseries_limit_metric": "series_limit_metric",
        },
    ),
    "sankey": _Step(_sankey, {}, ("groupby",)),
    "sunburst": _Step(_nothing, {"groupby": "columns"}),
    "treemap": _Step(_treemap, {"order_desc": "sort_by_metric"}, ("metrics",)),
}


def migrated(stored_type: str | None, viz_type: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters of ``viz_type`` that an import makes of those of ``stored_type``.

    The same mapping where the type stayed. Parameters that name another type than the chart
    keep their keys, as they do in Superset.
    """
    step = _STEPS.get(stored_type or "")
    if step is None or stored_type == viz_type:
        return params
    changed = dict(params)
    step.before(changed)
    if changed.get("viz_type") == stored_type:
        for source, target in step.rename.items():
            if source in changed:
                changed.pop(target, None)
        changed = {
            step.rename.get(key, key): value for key, value in changed.items() if key not in step.remove
        }
        _temporal_filter(changed, both=stored_type == "dual_line", x_axis=step.x_axis)
    changed["viz_type"] = viz_type
    return changed


def _temporal_filter(params: Params, *, both: bool, x_axis: bool) -> None:
    """The time column becomes a filter and, for time series, the x axis."""
    column = params.pop("granularity_sqla", None)
    time_range = params.pop("time_range", None) or "No filter"
    if column:
        if x_axis:
            params["x_axis"] = column
            params["time_grain_sqla"] = params.get("time_grain_sqla") or "P1D"
        added = [] if isinstance(column, Mapping) else [_range(column, time_range)]
        params["adhoc_filters"] = as_list(params.get("adhoc_filters") or []) + added
    if both:
        params["adhoc_filters_b"] = params.get("adhoc_filters") or []


def _range(column: Any, time_range: Any) -> dict[str, Any]:
    return {
        "clause": "WHERE",
        "subject": column,
        "operator": "TEMPORAL_RANGE",
        "comparator": time_range,
        "expressionType": "SIMPLE",
    }
