"""A ``deck_multi`` chart: the server runs its layers' queries for it, and the browser asks for each again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dashlint.analysis import Analysis
from dashlint.assets import Workspace
from dashlint.cost.model import UNKNOWN
from dashlint.superset.query import Request
from tests.superset.dashboards import layout, node, placed, world

LONGLAT = {"type": "latlong", "latCol": "lat", "lonCol": "lon"}
ONE_CHART = layout(
    **placed(1),
    ROOT_ID=node("ROOT", "GRID_ID"),
    GRID_ID=node("GRID", "R"),
    R=node("ROW", "CHART-1"),
)


def analysed(layers: list[int]) -> Analysis:
    dashboard, workspace = world(ONE_CHART, charts=(1, 2, 3))
    first, *others = workspace.charts
    container = replace(first, viz_type="deck_multi", params={"deck_slices": layers})
    layer_charts = [
        replace(c, viz_type="deck_scatter", params={"spatial": LONGLAT, "row_limit": c.id * 1_000})
        for c in others
        if c.id is not None
    ]
    return Analysis(Workspace((dashboard,), (container, *layer_charts)))


def container_of(analysis: Analysis) -> Request:
    (dashboard,) = analysis.workspace.dashboards
    return next(r for r in analysis.load(dashboard).requests if r.chart is analysis.workspace.charts[0])


def test_the_container_costs_what_its_layers_cost_together() -> None:
    analysis = analysed([2, 3])
    request = container_of(analysis)
    assert not request.queries
    assert [layer.chart_id for layer in request.layers] == [2, 3]
    alone = [analysis.request_costs(layer).cold.upper for layer in request.layers]
    together = analysis.request_costs(request).cold.upper
    assert together is not None
    assert alone[0] is not None
    assert alone[1] is not None
    # All answers are held at once; what a request takes whatever it asks for is there once.
    assert max(alone[0], alone[1]) < together <= alone[0] + alone[1]


def test_a_load_holds_the_container_and_its_layers() -> None:
    analysis = analysed([2, 3])
    (dashboard,) = analysis.workspace.dashboards
    requests = analysis.load(dashboard).requests
    sizes = [analysis.request_cost(request, dashboard).upper for request in requests]
    assert analysis.load_cost(dashboard).upper == sum(size for size in sizes if size is not None)
    assert None not in sizes


def test_without_filters_the_chart_costs_what_its_request_does() -> None:
    analysis = analysed([2, 3])
    cost = analysis.chart_cost(analysis.workspace.charts[0])
    assert cost == analysis.request_cost(container_of(analysis))
    assert cost != UNKNOWN


@pytest.mark.parametrize("layers", [[], [2, 99]])
def test_what_it_draws_is_unknown_without_its_layers(layers: list[int]) -> None:
    analysis = analysed(layers)
    assert analysis.chart_cost(analysis.workspace.charts[0]) == UNKNOWN
    assert analysis.request_cost(container_of(analysis)) == UNKNOWN
