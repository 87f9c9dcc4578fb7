"""Chart types that Superset rewrites when a chart is imported.

From superset/migrations/shared/migrate_viz/processors.py of Superset 6.1.0, which
commands/chart/importers/v1/utils.py:migrate_chart applies to every chart. An instance that was upgraded in
place may still show the old type. Of these, the browser of every release since 4.1 still draws `bubble` (seen
on 6.1.0), and reads it without a LIMIT where it has no `limit`: an export comes from such an instance, so
`bubble` stays what it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TARGETS = {
    "area": "echarts_area",
    "bar": "echarts_timeseries_bar",
    "dist_bar": "echarts_timeseries_bar",
    "dual_line": "mixed_timeseries",
    "heatmap": "heatmap_v2",
    "histogram": "histogram_v2",
    "line": "echarts_timeseries_line",
    "pivot_table": "pivot_table_v2",
    "sankey": "sankey_v2",
    "sunburst": "sunburst_v2",
    "treemap": "treemap_v2",
}

# MigrateLineChart._pre_action: the interpolation chooses the target.
_LINES = {
    "cardinal": "echarts_timeseries_smooth",
    "step-before": "echarts_timeseries_step",
    "step-after": "echarts_timeseries_step",
}


def imported_type(viz_type: str, params: Mapping[str, Any]) -> str:
    """The chart type that an import makes of a stored one; the same for types of today."""
    if viz_type == "line":
        interpolation = params.get("line_interpolation")
        if isinstance(interpolation, str) and interpolation in _LINES:
            return _LINES[interpolation]
    return TARGETS.get(viz_type, viz_type)
