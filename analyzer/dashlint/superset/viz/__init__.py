"""The chart types: who builds their queries, since when, and over which endpoint.

Source: ``src/visualizations/presets/MainPreset.ts`` and each plugin's metadata
(``useLegacyApi``), read from the chart registries of the bundles of 4.1.4, 5.0.0, 6.0.0, 6.1.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from dashlint.records import NamedTuple
from dashlint.superset.js import Unbuildable, parse_json, truthy
from dashlint.superset.settings import Settings, version_number
from dashlint.superset.viz import deck, legacy, legacy_deck, series, simple, table
from dashlint.superset.viz.base import Builder, Env, Form, QueryDict, default_builder

__all__ = ["Env", "VizType", "explore_json", "lookup", "panel_type"]


class VizType(NamedTuple):
    """How a chart type asks for its data: ``known`` is false for one the browser has no plugin for."""

    build: Builder
    legacy: bool
    known: bool


def cartodiagram(form: Form, env: Env) -> list[QueryDict]:
    """The queries of the chart that is drawn on the map, with the geometry column first.

    The chosen chart's saved parameters are taken as they are: no control completes them.
    Source: ``plugin-chart-cartodiagram/src/plugin/buildQuery.ts``.
    """
    chosen = parse_json(form.get("selected_chart"))
    viz_type = chosen.get("viz_type") if isinstance(chosen, Mapping) else None
    params = parse_json(chosen.get("params")) if isinstance(chosen, Mapping) else None
    if not isinstance(params, dict) or not isinstance(viz_type, str):
        raise Unbuildable("no chart is selected")
    viz = lookup(viz_type, env.settings)
    if viz.legacy or not viz.known:
        raise Unbuildable("the selected chart has no query builder")
    groupby = params.get("groupby")
    if truthy(groupby) and not isinstance(groupby, list):
        raise Unbuildable("groupby has no unshift method")
    geometry = form.get("geom_column")
    own, added = params.get("extra_form_data"), form.get("extra_form_data")
    params["extra_form_data"] = {
        **(own if isinstance(own, Mapping) else {}),
        **(added if isinstance(added, Mapping) else {}),
    }
    params["groupby"] = [geometry, *(groupby or ())]
    return viz.build(params, env)


_CHART_DATA: dict[str, Builder] = {
    "ag-grid-table": table.ag_grid,
    "big_number": series.big_number,
    "big_number_total": default_builder,
    "box_plot": simple.box_plot,
    "bubble_v2": simple.bubble,
    "cartodiagram": cartodiagram,
    "deck_arc": deck.arc,
    "deck_contour": deck.points,
    "deck_grid": deck.points,
    "deck_heatmap": deck.points,
    "deck_hex": deck.points,
    "deck_path": deck.path,
    "deck_polygon": deck.polygon,
    "deck_scatter": deck.scatter,
    "deck_screengrid": deck.points,
    "echarts_area": series.timeseries,
    "echarts_timeseries": series.timeseries,
    "echarts_timeseries_bar": series.timeseries,
    "echarts_timeseries_line": series.timeseries,
    "echarts_timeseries_scatter": series.timeseries,
    "echarts_timeseries_smooth": series.timeseries,
    "echarts_timeseries_step": series.timeseries,
    "funnel": simple.by_metric,
    "gantt_chart": simple.gantt,
    "gauge_chart": simple.by_metric,
    "graph_chart": simple.graph,
    "handlebars": simple.handlebars,
    "heatmap_v2": simple.heatmap,
    "histogram_v2": simple.histogram,
    "mixed_timeseries": series.mixed,
    "pie": simple.pie,
    "pivot_table_v2": simple.pivot_table,
    "pop_kpi": simple.kpi,
    "radar": simple.radar,
    "sankey_v2": simple.sankey,
    "sunburst_v2": simple.by_metric,
    "table": table.table,
    "tree_chart": simple.tree,
    "treemap_v2": simple.treemap,
    "waterfall": simple.waterfall,
    "word_cloud": simple.word_cloud,
}
#: Types that came after 4.1, and types that a feature flag switches on.
_SINCE = {"cartodiagram": "5.0", "gantt_chart": "6.0", "ag-grid-table": "6.0"}
_FLAGS = {"ag-grid-table": "AG_GRID_TABLE_ENABLED", "pop_kpi": "CHART_PLUGINS_EXPERIMENTAL"}
#: deck.gl layers that post form data up to 6.0.
_DECK: Mapping[str, Builder] = {name: legacy_deck.deck for name in _CHART_DATA if name.startswith("deck_")}
_UNKNOWN = VizType(default_builder, legacy=False, known=False)


def lookup(viz_type: str, settings: Settings) -> VizType:
    """The chart type as the browser of that version knows it.

    A type that it does not know (or whose flag is off) is sent as the default builder does.
    """
    flag = _FLAGS.get(viz_type)
    if flag is not None and not settings.flag(flag):
        return _UNKNOWN
    return _types(settings.version).get(viz_type, _UNKNOWN)


@lru_cache
def _types(version: str) -> Mapping[str, VizType]:
    """The chart types that the browser of a version knows, flags apart."""

    def since(first: str) -> bool:
        return version_number(version) >= version_number(first)

    found = {
        name: VizType(build, legacy=False, known=True)
        for name, build in _CHART_DATA.items()
        if since(_SINCE.get(name, "4.1"))
    }
    posting = [legacy.BUILDERS]
    if not since("5.0"):
        posting.insert(0, legacy.OLD_BUILDERS)
    if not since("6.1"):
        posting.insert(0, _DECK)
    for builders in posting:
        found.update((name, VizType(build, legacy=True, known=True)) for name, build in builders.items())
    return found


def explore_json(viz_type: str) -> Builder | None:
    """The server's own query builder, which layers of ``deck_multi`` go through in every version."""
    return _DECK.get(viz_type) or legacy.BUILDERS.get(viz_type)


def panel_type(viz_type: str, settings: Settings) -> str:
    """The type whose control panel completes the form data: none for an unknown type."""
    return viz_type if lookup(viz_type, settings).known else ""
