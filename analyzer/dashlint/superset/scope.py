"""Which charts a filter, or a click on a chart, reaches.

A chart is in scope when its id is not excluded and one of the layout ids above its first
node is in the scope's ``rootPath``; its dataset plays no part. The ``chartsInScope`` that
is stored beside a scope is a snapshot with the ids of the instance that wrote it: the front
end computes it anew when a dashboard opens, and so does this module.

Sources: superset-frontend/packages/superset-ui-core/src/…/getChartIdsInFilterScope.ts,
superset-frontend/src/dashboard/components/DashboardBuilder/DashboardContainer.tsx,
superset-frontend/src/dashboard/util/crossFilters.ts and activeAllDashboardFilters.ts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from dashlint.assets import Dashboard, NativeFilter, Placement, Workspace
from dashlint.assets.dashboard import read_scope
from dashlint.assets.filters import Scope
from dashlint.superset.page import ChartKey, Page, chart_key, page_of
from dashlint.superset.settings import Settings

_LAYER = re.compile(r"chart-(\d+)-layer-(\d+)\Z")

#: Chart types whose plugin declares ``Behavior.InteractiveChart``: a click can filter other
#: charts (superset-frontend/plugins/*/src/**/index.ts).
_EMITTERS = frozenset(
    {
        "box_plot",
        "echarts_area",
        "echarts_timeseries",
        "echarts_timeseries_bar",
        "echarts_timeseries_line",
        "echarts_timeseries_scatter",
        "echarts_timeseries_smooth",
        "echarts_timeseries_step",
        "funnel",
        "gauge_chart",
        "graph_chart",
        "mixed_timeseries",
        "pie",
        "pivot_table_v2",
        "radar",
        "sunburst_v2",
        "table",
        "treemap_v2",
        "world_map",
    }
)
_EMITTERS_SINCE_6_0 = frozenset(
    {
        "ag-grid-table",
        "deck_arc",
        "deck_contour",
        "deck_geojson",
        "deck_grid",
        "deck_heatmap",
        "deck_hex",
        "deck_path",
        "deck_polygon",
        "deck_scatter",
        "deck_screengrid",
        "gantt_chart",
    }
)


def charts_in_scope(
    native_filter: NativeFilter, dashboard: Dashboard, workspace: Workspace
) -> tuple[Placement, ...]:
    """The places of the charts that a filter reaches, on all tabs, in the layout's order.

    In: a native filter or chart customization of the dashboard. Out: its placements; those of
    a chart whose definition the workspace does not hold are left out, as nothing is drawn there.
    """
    page = page_of(dashboard, workspace)
    reached = acting_scopes(page)[native_filter.id]
    return tuple(p for p in page.placements if p.chart is not None and chart_key(p) in reached)


@lru_cache(maxsize=8)
def own_scopes(page: Page, *, layers: bool = True) -> Mapping[str, frozenset[ChartKey]]:
    """The charts in the scope of each filter and customization, by filter id.

    ``layers`` is False for versions that know no ``selectedLayers`` (before 6.0).
    """
    filters = (*page.dashboard.filters, *page.dashboard.chart_customizations)
    return {
        f.id: frozenset(in_scope(f.scope, page, layers=layers)) if has_scope(f) else _NONE for f in filters
    }


@lru_cache(maxsize=8)
def acting_scopes(page: Page, *, layers: bool = True) -> Mapping[str, frozenset[ChartKey]]:
    """The charts that a change of each filter re-queries, by filter id.

    These are the charts in scope, but for one case: as soon as one filter names single deck.gl
    layers, its layers count for every filter of the dashboard that names none
    (activeAllDashboardFilters.ts:getAllActiveFilters, 6.0 and newer).
    """
    own = own_scopes(page, layers=layers)
    layered = [f for f in page.dashboard.filters if layers and f.scope.selected_layers]
    if not layered:
        return own
    found = dict(own)
    for one in page.dashboard.filters:
        scope = one.scope if one.scope.selected_layers else layered[-1].scope
        whole = _layer_charts(scope)
        rest = (key for key in own[one.id] if key not in scope.excluded and key not in whole)
        found[one.id] = frozenset((*(k for k in whole if k in page.charts), *rest))
    return found


_NONE: frozenset[ChartKey] = frozenset()


def has_scope(native_filter: NativeFilter) -> bool:
    """Whether a stored scope is one that the front end reads: else nothing is in scope."""
    scope = native_filter.raw.get("scope")
    return (
        isinstance(scope, Mapping)
        and isinstance(scope.get("excluded"), list)
        and isinstance(scope.get("rootPath"), list)
    )


def in_scope(scope: Scope, page: Page, *, layers: bool = True) -> list[ChartKey]:
    """The charts of a page that a scope reaches, each once."""
    whole = _layer_charts(scope) if layers and scope.selected_layers else _NONE
    roots = frozenset(scope.root_path)
    if not whole and "ROOT_ID" in roots and page.all_below_root:
        return [key for key in page.charts if key not in scope.excluded]
    return [
        key
        for key in page.charts
        if key in whole or (key not in scope.excluded and not roots.isdisjoint(page.parents.get(key, ())))
    ]


def _layer_charts(scope: Scope) -> frozenset[ChartKey]:
    """The charts of which a scope names single layers (``chart-12-layer-34``)."""
    matches = (_LAYER.match(layer) for layer in scope.selected_layers)
    return frozenset(int(m.group(1)) for m in matches if m is not None)


def layer_ids(scope: Scope, chart_id: ChartKey) -> tuple[int, ...]:
    """The layers of one deck.gl chart that a scope names; empty when it names the whole."""
    matches = (_LAYER.match(layer) for layer in scope.selected_layers)
    return tuple(int(m.group(2)) for m in matches if m is not None and int(m.group(1)) == chart_id)


def is_emitter(viz_type: str, settings: Settings) -> bool:
    """Whether a click on a chart of this type can filter other charts."""
    return viz_type in _EMITTERS or (viz_type in _EMITTERS_SINCE_6_0 and settings.at_least("6.0"))


def cross_filters_enabled(dashboard: Dashboard) -> bool:
    """Whether clicks filter other charts: on unless the key is stored and not truthy.

    Source: superset-frontend/src/dashboard/util/crossFilters.ts:isCrossFiltersEnabled.
    """
    return bool(dashboard.metadata.get("cross_filters_enabled", True))


def cross_filter_targets(page: Page, key: ChartKey) -> tuple[ChartKey, ...]:
    """The charts that a click on one chart re-queries, the clicked one left out.

    Its own scope in ``chart_configuration``, else the dashboard's
    ``global_chart_configuration``, else all other charts.
    """
    configured = _mapping(page.dashboard.metadata.get("chart_configuration"))
    own = _mapping(configured.get(str(key)))
    stored = _mapping(own.get("crossFilters")).get("scope")
    if not isinstance(stored, Mapping):
        everywhere = _mapping(page.dashboard.metadata.get("global_chart_configuration"))
        stored = everywhere.get("scope")
    reached = in_scope(read_scope(stored), page)
    return tuple(k for k in reached if k != key)


def is_ever_filtered(page: Page, key: ChartKey, settings: Settings) -> bool:
    """Whether any filter, or a click on any other chart, has this chart in its scope."""
    if any(key in reached for reached in own_scopes(page).values()):
        return True
    return any(
        key in cross_filter_targets(page, other)
        for other, chart in page.charts.items()
        if is_emitter(chart.viz_type, settings)
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
