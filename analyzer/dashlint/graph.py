"""The graph of filters, charts, datasets and tables: who reads what, who re-runs whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import networkx as nx

from dashlint.analysis.reads import tables_of
from dashlint.assets import Asset, Chart, Dashboard
from dashlint.superset import scope
from dashlint.superset.page import Page

if TYPE_CHECKING:
    from dashlint.analysis import Analysis

#: Edges: ``shows`` dashboard → chart, ``filters`` filter → chart, ``cascades`` filter → filter,
#: ``cross-filters`` chart → chart, ``offers`` dataset → filter (where its options come from),
#: ``reads`` chart → dataset → table.
RELATIONS = ("shows", "filters", "cascades", "cross-filters", "offers", "reads")


def build(analysis: Analysis, *, cross_filters: bool = True) -> nx.DiGraph[str]:
    """The graph of an analysis. Nodes carry ``kind``, ``name`` and ``uuid`` or table name.

    An edge carries ``relation`` (one of :data:`RELATIONS`) and, where it belongs to one
    dashboard, that dashboard's uuid.
    """
    graph: nx.DiGraph[str] = nx.DiGraph()
    workspace = analysis.workspace
    focused = workspace.focused
    for dashboard in workspace.dashboards:
        if focused is None or dashboard in focused:
            _add_dashboard(graph, dashboard, analysis, cross_filters=cross_filters)
    for chart in workspace.charts:
        if focused is None or chart in focused or _key(chart) in graph:
            _add_chart(graph, chart, analysis)
    return graph


def _add_dashboard(
    graph: nx.DiGraph[str], dashboard: Dashboard, analysis: Analysis, *, cross_filters: bool
) -> None:
    source = _add(graph, dashboard)
    belongs: dict[str, Any] = {"dashboard": dashboard.uuid}
    for chart in analysis.workspace.charts_of(dashboard):
        graph.add_edge(source, _add(graph, chart), relation="shows", **belongs)
    filters = {f.id: f for f in dashboard.filters}
    for native_filter in filters.values():
        node = f"filter:{dashboard.uuid}/{native_filter.id}"
        graph.add_node(
            node,
            kind="filter",
            name=native_filter.name,
            uuid=f"{dashboard.uuid}/{native_filter.id}",
            filter_type=native_filter.filter_type,
        )
        target = analysis.target_dataset(dashboard, native_filter)
        if target is not None:
            graph.add_edge(_add(graph, target), node, relation="offers", **belongs)
        for placement in analysis.charts_in_scope(dashboard, native_filter):
            if placement.chart is not None:
                graph.add_edge(node, _add(graph, placement.chart), relation="filters", **belongs)
        for parent in native_filter.cascade_parent_ids:
            if parent in filters:
                graph.add_edge(f"filter:{dashboard.uuid}/{parent}", node, relation="cascades", **belongs)
    if cross_filters:
        _add_cross_filters(graph, dashboard, analysis)


def _add_cross_filters(graph: nx.DiGraph[str], dashboard: Dashboard, analysis: Analysis) -> None:
    page = Page(dashboard, analysis.workspace)
    if not scope.cross_filters_enabled(dashboard):
        return
    for key, emitter in page.charts.items():
        if not scope.is_emitter(emitter.viz_type, analysis.settings):
            continue
        for other in scope.cross_filter_targets(page, key):
            target = page.charts.get(other)
            if target is not None and target is not emitter:
                graph.add_edge(
                    _add(graph, emitter),
                    _add(graph, target),
                    relation="cross-filters",
                    dashboard=dashboard.uuid,
                )


def _add_chart(graph: nx.DiGraph[str], chart: Chart, analysis: Analysis) -> None:
    node = _add(graph, chart)
    dataset = analysis.dataset_of(chart)
    if dataset is None:
        return
    graph.add_edge(node, _add(graph, dataset), relation="reads")
    for table in tables_of(dataset, analysis) or ():
        graph.add_node(f"table:{table}", kind="table", name=table)
        graph.add_edge(_key(dataset), f"table:{table}", relation="reads")


def _key(asset: Asset) -> str:
    return f"{type(asset).__name__.lower()}:{asset.uuid}"


def _add(graph: nx.DiGraph[str], asset: Asset) -> str:
    key = _key(asset)
    if key not in graph:
        name = asset.title if isinstance(asset, Dashboard) else asset.name
        more = {"viz_type": asset.viz_type} if isinstance(asset, Chart) else {}
        graph.add_node(key, kind=type(asset).__name__.lower(), name=name, uuid=asset.uuid, **more)
    return key
