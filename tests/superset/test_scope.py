"""Which charts a filter or a click reaches, and where charts are drawn."""

from __future__ import annotations

from typing import Any

import pytest

from dashlint.assets import Dashboard
from dashlint.superset import requests, scope
from dashlint.superset.page import Page
from dashlint.superset.settings import VERSIONS, Settings
from tests.superset.dashboards import ORIGIN, SETTINGS, TWO_TABS, layout, node, placed, select, sent, world


def reached(position: dict[str, object], one: dict[str, object]) -> list[int | None]:
    dashboard, workspace = world(position, one)
    return [p.chart_id for p in scope.charts_in_scope(dashboard.filters[0], dashboard, workspace)]


# Scopes


def test_root_path_and_excluded() -> None:
    assert reached(TWO_TABS, select("F")) == [1, 2, 3]
    assert reached(TWO_TABS, select("F", root=["TAB-b"])) == [2, 3]
    assert reached(TWO_TABS, select("F", root=["TAB-a", "TAB-b"], excluded=[2])) == [1, 3]
    assert reached(TWO_TABS, select("F", root=[])) == []


def test_the_snapshot_of_charts_in_scope_says_nothing() -> None:
    assert reached(TWO_TABS, select("F", root=["TAB-b"], chartsInScope=[1, 111])) == [2, 3]


def test_only_the_first_node_of_a_chart_counts() -> None:
    twice = {**TWO_TABS, "CHART-1b": {"id": "CHART-1b", **node("CHART", chartId=1, uuid="u1")}}
    twice["ROW-2"] = {"id": "ROW-2", **node("ROW", "CHART-1b", "CHART-2", "CHART-3")}
    assert reached(twice, select("F", root=["TAB-b"])) == [2, 3]
    assert reached(twice, select("F", root=["TAB-a"])) == [1, 1]


def test_a_scope_that_the_browser_cannot_read_reaches_nothing() -> None:
    assert reached(TWO_TABS, {**select("F"), "scope": None}) == []
    assert reached(TWO_TABS, {**select("F"), "scope": {"rootPath": ["ROOT_ID"]}}) == []


def test_layers_of_one_filter_count_for_every_other() -> None:
    """6.1.0 was seen to query the chart of the layers alone for a filter over all charts."""
    layered = select("Street", excluded=[2, 3])
    layered["scope"]["selectedLayers"] = ["chart-1-layer-9"]
    dashboard, workspace = world(TWO_TABS, layered, select("Other"))
    for one in dashboard.filters:
        found = scope.charts_in_scope(one, dashboard, workspace)
        assert [p.chart_id for p in found] == [1]


def test_a_click_reaches_all_others_or_what_is_configured() -> None:
    dashboard, workspace = world(TWO_TABS)
    assert scope.cross_filter_targets(Page(dashboard, workspace), 1) == (2, 3)
    configured: dict[str, Any] = {
        "global_chart_configuration": {"scope": {"rootPath": ["TAB-b"], "excluded": [3]}},
        "chart_configuration": {
            "1": {"crossFilters": {"scope": "global"}},
            "2": {"crossFilters": {"scope": {"rootPath": ["TAB-a"], "excluded": []}}},
        },
    }
    dashboard, workspace = world(TWO_TABS, **configured)
    page = Page(dashboard, workspace)
    assert [scope.cross_filter_targets(page, key) for key in (1, 2, 3)] == [(2,), (1,), (2,)]


def test_cross_filters_are_off_where_the_key_is_not_true() -> None:
    for value, expected in ((True, True), (False, False), (None, False)):
        dashboard, _ = world(TWO_TABS, cross_filters_enabled=value)
        assert scope.cross_filters_enabled(dashboard) is expected
    assert scope.cross_filters_enabled(world(TWO_TABS)[0])


# What is drawn


def test_an_export_adds_charts_that_are_not_there() -> None:
    """The exporter looks for uuids; the browser for chart ids (seen on 6.1.0)."""
    position = layout(
        **placed(1),
        ROOT_ID=node("ROOT", "GRID_ID"),
        GRID_ID=node("GRID", "ROW-1", "ROW-N-7PR4J1M9"),
        **{
            "ROW-1": node("ROW", "CHART-1"),
            "ROW-N-7PR4J1M9": node("ROW", "CHART-5J92VJEQ", "CHART-MI7ARYXB"),
            "CHART-5J92VJEQ": node("CHART", chartId=1, uuid="u1"),
            "CHART-MI7ARYXB": node("CHART", chartId=2, uuid="u2"),
        },
    )
    dashboard, workspace = world(position)
    assert sent(dashboard, workspace, "load") == [1, 2]


def test_a_chart_without_a_place_is_drawn_on_the_first_tab() -> None:
    """The exporter leaves it in no row where tabs take the grid's place (seen on 6.1.0)."""
    lost = {**TWO_TABS, "CHART-MI7ARYXB": {"id": "CHART-MI7ARYXB", **node("CHART", chartId=4, uuid="u4")}}
    dashboard, workspace = world(lost, select("F", root=["TAB-a"]), charts=(1, 2, 3, 4))
    assert sent(dashboard, workspace, "load") == [1, 4, "F"]
    assert sent(dashboard, workspace, "filter:F") == [1, 4]


def test_a_server_names_the_charts_of_a_dashboard() -> None:
    workspace = world(TWO_TABS, charts=(1, 2, 3, 4))[1]
    dashboard = Dashboard("d", 1, "D", ORIGIN, position=TWO_TABS, chart_ids=(2, 4))
    assert sent(dashboard, workspace, "load") == [4]
    assert sent(dashboard, workspace, "tab:B") == [2]


def test_charts_that_nothing_leads_to_are_not_drawn() -> None:
    lost = {
        **TWO_TABS,
        "CHART-lost": {"id": "CHART-lost", **node("CHART", chartId=4, uuid="u4"), "parents": []},
    }
    dashboard, workspace = world(lost, charts=(1, 2, 3, 4))
    everything = [
        x for e in requests.events(dashboard, workspace, SETTINGS) for x in sent(dashboard, workspace, e)
    ]
    assert 4 not in everything


# Versions


@pytest.mark.parametrize("version", VERSIONS)
def test_hidden_tabs_wait_in_4_1(version: str) -> None:
    dashboard, workspace = world(TWO_TABS, select("F"))
    expected = [2, 3] if version == "4.1" else [1, 2, 3]
    assert sent(dashboard, workspace, "filter:F@all-tabs", Settings(version=version)) == expected


@pytest.mark.parametrize("version", VERSIONS)
def test_a_default_without_its_query_part(version: str) -> None:
    default = {"filterState": {"value": ["USA"]}, "extraFormData": {}}
    dashboard, workspace = world(TWO_TABS, select("F", defaultDataMask=default))
    expected = [1, "F", 1] if version == "6.1" else [1, "F"]
    assert sent(dashboard, workspace, "load", Settings(version=version)) == expected


@pytest.mark.parametrize("version", VERSIONS)
def test_a_click_in_deck_gl_filters_since_6_0(version: str) -> None:
    assert scope.is_emitter("deck_scatter", Settings(version=version)) is (version >= "6.0")
    assert scope.is_emitter("table", Settings(version=version))
    assert not scope.is_emitter("big_number", Settings(version=version))
