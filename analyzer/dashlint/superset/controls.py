"""The controls of each chart type's panel, in the order of the panel, with their defaults.

A dashboard completes a chart's saved parameters with the default of every control whose key is
missing (``src/explore/store.ts:applyDefaultFormData``). The order counts: columns and metrics
are collected in the order of the keys, and the controls' keys come first.

Each line names the controls that can reach a query: ``key`` for one without a default,
``key=<JSON>`` for one with. Source: the function named above, run with an empty chart of each
type in the JavaScript bundles that Superset 4.1.4, 5.0.0, 6.0.0 and 6.1.0 are shipped with.
A control whose default is false or undefined is written without one; both act alike.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from dashlint.superset.settings import version_number

#: A control without a default.
MISSING = object()

_ECHARTS = (
    "x_axis time_grain_sqla x_axis_sort_asc=true metrics groupby=[] contributionMode adhoc_filters=[] "
    "limit timeseries_limit_metric order_desc=true row_limit=10000 truncate_metric=true rolling_type "
    'time_compare comparison_type="values" resample_rule resample_method annotation_layers=[]'
)
_TABLE = (
    "query_mode groupby=[] time_grain_sqla temporal_columns_lookup={} metrics all_columns=[] "
    "percent_metrics=[] adhoc_filters=[] timeseries_limit_metric order_by_cols=[] server_pagination "
    "server_page_length=10 order_desc=true show_totals time_compare "
    'comparison_type="values" row_limit='
)
_DECK = "row_limit=10000 filter_nulls=true adhoc_filters=[] js_columns=[]"
_SPATIAL = f"spatial size {_DECK}"
_SERIES = (
    "metrics adhoc_filters=[] groupby=[] limit timeseries_limit_metric order_desc=true contribution "
    "row_limit=10000"
)
_NVD3_TIME = 'granularity_sqla time_grain_sqla time_range="No\\u0020filter"'
_ADVANCED = 'rolling_type="None" time_compare comparison_type="values" resample_rule resample_method'
_NVD3_LINE = f"{_NVD3_TIME} {_SERIES} {_ADVANCED} annotation_layers=[]"
_GROUPED = "groupby=[] metric adhoc_filters=[] sort_by_metric"

_BIG_NUMBER = (
    'x_axis time_grain_sqla metric adhoc_filters=[] rolling_type="None" resample_rule resample_method'
)
_BOX_PLOT = (
    "columns=[] time_grain_sqla temporal_columns_lookup={} groupby=[] metrics adhoc_filters=[] "
    'series_limit series_limit_metric whiskerOptions="Tukey"'
)
_HEATMAP = (
    'x_axis time_grain_sqla groupby=[] metric adhoc_filters=[] row_limit=10000 normalize_across="heatmap"'
)
_DIST_BAR = (
    "metrics adhoc_filters=[] groupby=[] columns=[] row_limit=10000 timeseries_limit_metric "
    "order_desc=true contribution"
)
# Removed in 5.0: an instance upgraded in place may still hold them.
_OLD_LINE = f"{_NVD3_TIME} {_SERIES} {_ADVANCED}"

_HANDLEBARS = (
    "query_mode groupby=[] metrics all_columns=[] percent_metrics=[] timeseries_limit_metric "
    "order_by_cols=[] order_desc=true row_limit=10000 include_time show_totals adhoc_filters=[]"
)

#: Chart type → its controls, or a list of (first version, controls), newest first.
_PANELS: dict[str, str | list[tuple[str, str]]] = {
    "ag-grid-table": _TABLE + "10000",
    "big_number": [("6.0", f'{_BIG_NUMBER} aggregation="LAST_VALUE"'), ("4.1", _BIG_NUMBER)],
    "big_number_total": "metric adhoc_filters=[]",
    "box_plot": [("6.0", f"{_BOX_PLOT} row_limit=10000"), ("4.1", _BOX_PLOT)],
    "bubble": "series entity x y adhoc_filters=[] size limit",
    "bubble_v2": "series entity x y adhoc_filters=[] size orderby order_desc=true row_limit=10000",
    "bullet": "metric adhoc_filters=[]",
    "cal_heatmap": (
        'granularity_sqla time_range="No\\u0020filter" domain_granularity="month" '
        'subdomain_granularity="day" metrics adhoc_filters=[]'
    ),
    "cartodiagram": "selected_chart geom_column",
    "chord": "groupby=[] columns=[] metric adhoc_filters=[] row_limit=10000 sort_by_metric",
    "compare": _NVD3_LINE,
    "country_map": "select_country entity metric adhoc_filters=[]",
    "deck_arc": f"start_spatial end_spatial dimension {_DECK}",
    "deck_contour": _SPATIAL,
    "deck_geojson": f"geojson {_DECK}",
    "deck_grid": _SPATIAL,
    "deck_heatmap": _SPATIAL,
    "deck_hex": _SPATIAL,
    "deck_multi": "deck_slices=[] adhoc_filters=[]",
    "deck_path": f"line_column {_DECK}",
    "deck_polygon": f'line_column metric point_radius_fixed={{"type":"fix","value":1000}} {_DECK}',
    "deck_scatter": f'spatial point_radius_fixed={{"type":"fix","value":1000}} dimension {_DECK}',
    "deck_screengrid": _SPATIAL,
    "funnel": "groupby=[] metric adhoc_filters=[] row_limit=10 sort_by_metric=true",
    "gantt_chart": (
        "start_time end_time y_axis series tooltip_metrics tooltip_columns=[] adhoc_filters=[] "
        "order_by_cols=[] row_limit=10000"
    ),
    "gauge_chart": f"{_GROUPED} row_limit=10",
    "graph_chart": ("source target metric source_category target_category adhoc_filters=[] row_limit=10000"),
    "handlebars": [
        ("6.0", _HANDLEBARS),
        ("4.1", f"{_HANDLEBARS} server_pagination server_page_length=10"),
    ],
    "heatmap_v2": [
        ("5.0", f"{_HEATMAP} sort_x_axis sort_y_axis"),
        ("4.1", f'{_HEATMAP} sort_x_axis="alpha_asc" sort_y_axis="alpha_asc"'),
    ],
    "histogram_v2": "column=[] groupby=[] adhoc_filters=[] row_limit=10000",
    "horizon": f'granularity_sqla time_range="No\\u0020filter" {_SERIES}',
    "mapbox": (
        "all_columns_x all_columns_y row_limit=10000 adhoc_filters=[] groupby=[] "
        'point_radius="Auto" mapbox_label=[]'
    ),
    "mixed_timeseries": (
        "x_axis time_grain_sqla metrics groupby=[] adhoc_filters=[] limit timeseries_limit_metric "
        "order_desc=true row_limit=10000 truncate_metric=true rolling_type time_compare "
        'comparison_type="values" resample_rule resample_method metrics_b groupby_b=[] '
        "adhoc_filters_b=[] limit_b timeseries_limit_metric_b order_desc_b=true row_limit_b=10000 "
        'truncate_metric_b=true rolling_type_b time_compare_b comparison_type_b="values" '
        "resample_rule_b resample_method_b annotation_layers=[]"
    ),
    "paired_ttest": _SERIES,
    "para": (
        "series metrics secondary_metric adhoc_filters=[] limit row_limit=10000 "
        "timeseries_limit_metric order_desc=true include_series"
    ),
    "partition": f'{_SERIES} time_series_option="not_time" {_ADVANCED}',
    "pie": "groupby=[] metric adhoc_filters=[] row_limit=100 sort_by_metric=true",
    "pivot_table_v2": (
        "groupbyColumns=[] groupbyRows=[] time_grain_sqla temporal_columns_lookup={} metrics "
        "adhoc_filters=[] series_limit row_limit=10000 series_limit_metric order_desc=true"
    ),
    "pop_kpi": 'metric adhoc_filters=[] row_limit=10000 time_compare comparison_type="values"',
    "radar": "groupby=[] metrics timeseries_limit_metric adhoc_filters=[] row_limit=10",
    "rose": f"{_NVD3_TIME} {_SERIES} {_ADVANCED}",
    "sankey_v2": "source=[] target=[] metric adhoc_filters=[] row_limit=10000 sort_by_metric",
    "sunburst_v2": ("columns=[] metric secondary_metric adhoc_filters=[] row_limit=10000 sort_by_metric"),
    "table": [
        ("6.0", _TABLE + '10000 percent_metric_calculation="row_limit"'),
        ("4.1", _TABLE + "1000"),
    ],
    "time_pivot": f'{_NVD3_TIME} metric adhoc_filters=[] freq="W-MON"',
    "time_table": f"{_NVD3_TIME} metrics adhoc_filters=[] groupby=[] limit row_limit=10000",
    "tree_chart": "id parent name metric adhoc_filters=[] row_limit=10000",
    "treemap_v2": f"{_GROUPED} row_limit=10000",
    "waterfall": "x_axis time_grain_sqla groupby=[] metric adhoc_filters=[] row_limit=10000",
    "word_cloud": "series metric adhoc_filters=[] row_limit=100 sort_by_metric",
    "world_map": "entity metric adhoc_filters=[] row_limit=10000 sort_by_metric secondary_metric",
}
for _name in ("", "_line", "_bar", "_smooth", "_scatter", "_step"):
    _PANELS[f"echarts_timeseries{_name}"] = _ECHARTS
_PANELS["echarts_area"] = _ECHARTS
_PANELS |= {
    "area": [("5.0", ""), ("4.1", _OLD_LINE)],
    "bar": [("5.0", ""), ("4.1", _OLD_LINE.replace("order_desc=true", "order_desc"))],
    "line": [("5.0", ""), ("4.1", _OLD_LINE.replace("row_limit=10000", "row_limit=50000"))],
    "dist_bar": [("5.0", ""), ("4.1", _DIST_BAR)],
    "heatmap": [
        ("5.0", ""),
        ("4.1", "all_columns_x all_columns_y metric adhoc_filters=[] row_limit=10000 sort_by_metric"),
    ],
    "histogram": [("5.0", ""), ("4.1", "all_columns_x=[] adhoc_filters=[] row_limit=10000 groupby=[]")],
    "sankey": [("5.0", ""), ("4.1", "groupby=[] metric adhoc_filters=[] row_limit=10000 sort_by_metric")],
    "event_flow": [
        ("5.0", ""),
        ("4.1", "entity all_columns_x row_limit=10000 adhoc_filters=[] all_columns=[]"),
    ],
}


@lru_cache(maxsize=512)
def controls(viz_type: str, version: str) -> tuple[tuple[str, Any], ...]:
    """The (key, default) pairs of a chart type's panel, :data:`MISSING` for no default.

    Empty for a type without a panel in that version: nothing is completed then.
    """
    panel = _PANELS.get(viz_type, "")
    if isinstance(panel, list):
        number = version_number(version)
        panel = next((text for since, text in panel if version_number(since) <= number), "")
    pairs = []
    for word in panel.split():
        key, has_default, text = word.partition("=")
        pairs.append((key, json.loads(text) if has_default else MISSING))
    return tuple(pairs)


@lru_cache(maxsize=512)
def control_keys(viz_type: str, version: str) -> frozenset[str]:
    """The keys of :func:`controls`."""
    return frozenset(key for key, _default in controls(viz_type, version))
