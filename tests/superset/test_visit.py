"""What filters, tabs, clicks and refreshes send: each case as it was seen on Superset 6.1.0."""

from __future__ import annotations

import weakref
from dataclasses import replace
from typing import Any

import pytest

from dashlint.assets import Chart
from dashlint.superset import queries, requests
from dashlint.superset.query import Query, Request
from dashlint.superset.settings import VERSIONS, Settings
from tests.superset.dashboards import SETTINGS, TWO_TABS, layout, node, placed, select, sent, world

GRID = layout(
    **placed(1, 2, 3),
    ROOT_ID=node("ROOT", "GRID_ID"),
    GRID_ID=node("GRID", "ROW-1"),
    **{"ROW-1": node("ROW", "CHART-1", "CHART-2", "CHART-3")},
)


def first_item(name: str, *parents: str, **more: Any) -> Any:
    return select(
        name,
        controlValues={"defaultToFirstItem": True},
        cascadeParentIds=[f"NATIVE_FILTER-{p}" for p in parents],
        **more,
    )


def default(*values: str, extra: bool = True) -> dict[str, Any]:
    filters = [{"col": "country", "op": "IN", "val": list(values)}]
    return {
        "filterState": {"value": list(values)},
        "extraFormData": {"filters": filters} if extra else {},
    }


def by_moment(
    position: Any, event: str, *filters: Any, settings: Settings = SETTINGS
) -> tuple[list[Any], list[Any]]:
    """What picking a value sends, and what Apply sends."""
    dashboard, workspace = world(position, *filters)
    found = requests.predict(dashboard, event, workspace, settings).requests
    name = {True: [], False: []}  # type: dict[bool, list[Any]]
    for request in found:
        of = request.native_filter.name if request.native_filter else request.chart_id
        name[request.before_apply].append(of)
    return name[True], name[False]


# Loading


def test_a_chart_whose_fields_cannot_be_read_takes_the_page_down() -> None:
    """Seen for a metric that is null: nothing was sent once the chart's tab was opened."""
    dashboard, workspace = world(TWO_TABS, select("F"))
    broken = [
        replace(c, params={"query_mode": "aggregate", "metrics": [None]}) if c.id == 3 else c
        for c in workspace.charts
    ]
    workspace = replace(workspace, charts=tuple(broken))
    assert sent(dashboard, workspace, "load") == [1, "F"]
    event = requests.predict(dashboard, "tab:B", workspace, SETTINGS)
    assert event.requests == ()
    assert "chart 3" in event.notes[0]
    assert sent(dashboard, workspace, "tab:B", Settings(version="4.1")) == [2]


def test_charts_then_options() -> None:
    assert sent(*world(GRID, select("F"), select("G")), "load") == [1, 2, 3, "F", "G"]


def test_charts_wait_for_a_filter_that_comes_first() -> None:
    dashboard, workspace = world(GRID, first_item("F", requiredFirst=True))
    event = requests.predict(dashboard, "load", workspace, SETTINGS)
    assert [(r.chart_id, r.round) for r in event.requests] == [(None, 0), (1, 1), (2, 1), (3, 1)]
    assert {r.waits_for for r in event.requests[1:]} == {("NATIVE_FILTER-F",)}
    assert any("requiredFirst" in reason for reason in event.requests[1].because)


@pytest.mark.parametrize(("version", "again"), [("6.1", [1, 3, 1, 3]), ("6.0", []), ("4.1", [])])
def test_a_saved_value_of_a_filter_that_comes_first_is_taken_back_for_a_moment(
    version: str, again: list[int]
) -> None:
    one = select("F", requiredFirst=True, excluded=[2], defaultDataMask=default("USA"))
    dashboard, workspace = world(GRID, one)
    assert sent(dashboard, workspace, "load", Settings(version=version)) == [1, 2, 3, "F", *again]
    event = requests.predict(dashboard, "load", workspace, SETTINGS)
    filtered = [[f.col for q in r.queries for f in q.filters] for r in event.requests if r.chart_id == 1]
    assert filtered == [["country"]] * 3


def test_a_filter_that_comes_first_and_gets_no_value_blocks_everything() -> None:
    dashboard, workspace = world(GRID, select("F", requiredFirst=True))
    event = requests.predict(dashboard, "load", workspace, SETTINGS)
    assert [r.kind for r in event.requests] == ["filter_options"]
    assert "F" in event.notes[0]


def test_a_filter_that_comes_first_shows_filters_of_other_tabs_too() -> None:
    filters = (first_item("F", requiredFirst=True, root=["TAB-b"]), select("G", root=["TAB-b"]))
    assert sent(*world(TWO_TABS, *filters), "load") == ["F", "G", 1]
    assert sent(*world(TWO_TABS, *filters), "tab:B") == [2, 3]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_time_filter_does_not_block_6_1(version: str) -> None:
    time = select("T", filterType="filter_time", targets=[{}], requiredFirst=True)
    expected = [1, 2, 3] if version == "6.1" else []
    assert sent(*world(GRID, time), "load", Settings(version=version)) == expected


def test_a_range_filter_that_comes_first_sets_an_empty_value() -> None:
    one = select("R", filterType="filter_range", requiredFirst=True)
    assert sent(*world(GRID, one), "load") == ["R", 1, 2, 3]


def test_a_chain_of_first_items_asks_again_at_each_step() -> None:
    chain = (
        first_item("A", requiredFirst=True),
        first_item("B", "A", requiredFirst=True),
        first_item("C", "B", requiredFirst=True),
    )
    found = sent(*world(GRID, *chain), "load")
    assert [found.count(name) for name in ("A", "B", "C", 1)] == [1, 2, 3, 1]


def test_saved_defaults_filter_the_first_request() -> None:
    dashboard, workspace = world(GRID, select("F", excluded=[2], defaultDataMask=default("USA")))
    event = requests.predict(dashboard, "load", workspace, SETTINGS)
    found = {
        r.chart_id: [(f.col, f.val, f.source) for q in r.queries for f in q.filters] for r in event.requests
    }
    assert found[1] == [("country", ["USA"], "NATIVE_FILTER-F")]
    assert found[2] == []
    assert len(event.requests) == 4


def test_a_child_of_a_filter_with_a_default_may_ask_more() -> None:
    child = select("C", cascadeParentIds=["NATIVE_FILTER-P"])
    dashboard, workspace = world(GRID, select("P", defaultDataMask=default("USA")), child)
    event = requests.predict(dashboard, "load", workspace, SETTINGS)
    assert len(event.requests) == 5
    assert "C asks twice more" in event.notes[0]


def test_each_default_without_query_part_queries_once_more() -> None:
    filters = (
        select("F", defaultDataMask=default("USA", extra=False), excluded=[1]),
        select("G", defaultDataMask=default("UK", extra=False), excluded=[2, 3]),
    )
    found = sent(*world(GRID, *filters), "load")
    assert [found.count(name) for name in (1, 2, 3, "F", "G")] == [2, 2, 2, 1, 1]


def test_a_required_filter_alone_blocks_nothing() -> None:
    one = select("F", controlValues={"enableEmptyFilter": True})
    assert sent(*world(GRID, one), "load") == [1, 2, 3, "F"]


# Filters


def test_only_the_charts_in_scope() -> None:
    assert by_moment(GRID, "filter:F", select("F", excluded=[2]), select("G")) == ([], [1, 3])


def test_children_ask_before_apply() -> None:
    child = select("C", cascadeParentIds=["NATIVE_FILTER-P"])
    grandchild = select("G", cascadeParentIds=["NATIVE_FILTER-C"])
    filters = (select("P"), child, grandchild)
    assert by_moment(GRID, "filter:P", *filters) == (["C", "G"], [1, 2, 3])
    assert by_moment(GRID, "filter:C", *filters) == (["G"], [1, 2, 3])
    # Up to 6.0 only the direct parents count.
    older = by_moment(GRID, "filter:P", *filters, settings=Settings(version="6.0"))
    assert older == (["C"], [1, 2, 3])


def test_a_filter_out_of_scope_is_unfolded_with_its_like() -> None:
    filters = (select("A", root=["TAB-a"]), select("B", root=["TAB-b"]), select("C", root=["TAB-b"]))
    assert by_moment(TWO_TABS, "filter:B", *filters) == (["B", "C"], [])
    assert by_moment(TWO_TABS, "filter:B@all-tabs", *filters) == ([], [2, 3])


def test_what_was_never_shown_is_unfolded_after_all_tabs_too() -> None:
    filters = (select("A", root=["TAB-a"]), select("N", root=["GRID_ID"]))
    assert by_moment(TWO_TABS, "filter:A@all-tabs", *filters) == (["N"], [1])


def test_leaving_a_filter_that_searches_asks_once_more() -> None:
    one = select("F", controlValues={"searchAllOptions": True})
    assert by_moment(GRID, "filter:F", one) == (["F"], [1, 2, 3])


def test_apply_takes_along_what_other_filters_selected_by_themselves() -> None:
    filters = (first_item("F", excluded=[2, 3]), select("G", excluded=[1, 3]))
    assert by_moment(GRID, "filter:G", *filters) == ([], [1, 2])


def test_apply_is_disabled_while_a_required_filter_is_empty() -> None:
    required = select("R", controlValues={"enableEmptyFilter": True})
    dashboard, workspace = world(GRID, required, select("F"))
    event = requests.predict(dashboard, "filter:F", workspace, SETTINGS)
    assert event.requests == ()
    assert "R" in event.notes[0]
    assert sent(dashboard, workspace, "filter:R") == [1, 2, 3]


def test_no_tabs_means_all_filters_are_shown() -> None:
    assert sent(*world(GRID, select("F", root=["TAB-gone"])), "load") == [1, 2, 3, "F"]


# Tabs


def test_a_tab_brings_its_charts_and_filters_once() -> None:
    dashboard, workspace = world(TWO_TABS, select("A", root=["TAB-a"]), select("B", root=["TAB-b"]))
    assert sent(dashboard, workspace, "load") == [1, "A"]
    assert sent(dashboard, workspace, "tab:B") == [2, 3, "B"]
    assert requests.events(dashboard, workspace, SETTINGS)[:3] == ("load", "tab:B", "filter:A")


def test_nested_tabs_open_their_first() -> None:
    nested = {
        **TWO_TABS,
        "TAB-b": {"id": "TAB-b", **node("TAB", "TABS-n", text="B")},
        "TABS-n": {"id": "TABS-n", **node("TABS", "TAB-n1", "TAB-n2")},
        "TAB-n1": {"id": "TAB-n1", **node("TAB", "ROW-2", text="N1")},
        "TAB-n2": {"id": "TAB-n2", **node("TAB", text="N2")},
    }
    dashboard, workspace = world(nested)
    assert requests.events(dashboard, workspace, SETTINGS)[:3] == ("load", "tab:B", "tab:B/N2")
    assert sent(dashboard, workspace, "tab:B") == [2, 3]
    assert sent(dashboard, workspace, "tab:B/N2") == []


@pytest.mark.parametrize("version", VERSIONS)
def test_a_filter_that_reaches_no_chart_is_shown_with_its_tab(version: str) -> None:
    one = select("F", root=["TAB-b"], excluded=[2, 3])
    expected = [2, 3] if version == "4.1" else [2, 3, "F"]
    assert sent(*world(TWO_TABS, one), "tab:B", Settings(version=version)) == expected


def test_a_chart_in_two_places_queries_from_both() -> None:
    position = {**TWO_TABS, **layout(**{"CHART-x": node("CHART", chartId=1, uuid="u1")})}
    position["ROW-1"] = {"id": "ROW-1", **node("ROW", "CHART-1", "CHART-x")}
    same_tab = world(position, select("F"))
    assert sent(*same_tab, "load") == [1, 1, "F"]
    assert sent(*same_tab, "filter:F") == [1, 1]
    assert sent(*same_tab, "refresh").count(1) == 1


def test_a_chart_drawn_before_does_not_query_on_another_tab() -> None:
    position = {**TWO_TABS, **layout(**{"CHART-x": node("CHART", chartId=1, uuid="u1")})}
    position["ROW-2"] = {"id": "ROW-2", **node("ROW", "CHART-x", "CHART-2")}
    dashboard, workspace = world(position, select("F"))
    assert sent(dashboard, workspace, "tab:B") == [2]
    assert sent(dashboard, workspace, "filter:F@all-tabs") == [1, 1, 2]


# Clicks and refreshes


def test_a_click_spares_the_chart_itself() -> None:
    dashboard, workspace = world(GRID)
    assert sent(dashboard, workspace, "cross-filter:chart 2") == [1, 3]
    off, workspace = world(GRID, cross_filters_enabled=False)
    assert not [e for e in requests.events(off, workspace, SETTINGS) if e.startswith("cross-filter")]


def test_a_refresh_forces_what_was_drawn_and_asks_for_options_again() -> None:
    dashboard, workspace = world(TWO_TABS, select("F"), select("B", root=["TAB-b"]))
    event = requests.predict(dashboard, "refresh", workspace, SETTINGS)
    assert all(r.force for r in event.requests)
    names = [r.native_filter.name if r.native_filter else r.chart_id for r in event.requests]
    # The filter that is answered first asks twice; here there is one.
    assert names == [1, "F", "F"]


@pytest.mark.parametrize("version", VERSIONS)
def test_6_0_refreshes_tabs_below_the_top_row_without_end(version: str) -> None:
    below = {**TWO_TABS, "ROOT_ID": {"id": "ROOT_ID", **node("ROOT", "GRID_ID")}}
    below["GRID_ID"] = {"id": "GRID_ID", **node("GRID", "TABS-t")}
    for position, expected in ((below, version == "6.0"), (TWO_TABS, False)):
        dashboard, workspace = world(position)
        event = requests.predict(dashboard, "refresh", workspace, Settings(version=version))
        assert bool(event.notes) is expected


def test_a_refresh_of_nothing_is_nothing() -> None:
    dashboard, workspace = world(GRID, select("F", requiredFirst=True))
    assert sent(dashboard, workspace, "refresh") == []


# Names


def test_names_that_occur_twice_get_a_number() -> None:
    dashboard, workspace = world(GRID, select("F"), {**select("G"), "name": "F"})
    found = [e for e in requests.events(dashboard, workspace, SETTINGS) if e.startswith("filter")]
    assert found == ["filter:F", "filter:F (2)"]
    with pytest.raises(KeyError):
        requests.predict(dashboard, "filter:nobody", workspace, SETTINGS)


def test_queries_are_built_when_somebody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[Query] = []
    original = queries.build

    def build(chart: Chart, *given: Any, **named: Any) -> tuple[Query, ...]:
        found = original(chart, *given, **named)
        built.extend(query for query in found if query.filters)
        return found

    monkeypatch.setattr(queries, "build", build)
    dashboard, workspace = world(GRID, select("F"))
    (first, *_) = requests.predict(dashboard, "filter:F", workspace, SETTINGS).requests
    assert built == []
    assert [f.col for q in first.queries for f in q.filters] == ["country"]
    assert first.extra_statements == ()
    assert built == list(first.queries)


def test_a_request_does_not_keep_what_its_queries_were_made_from() -> None:
    class Visit:
        made = 0

        def make(self) -> tuple[tuple[Query, ...], tuple[str, ...]]:
            Visit.made += 1
            return (Query(),), ("totals",)

    visit = Visit()
    request = Request.planned(visit.make, kind="chart", round=2)
    seen = weakref.ref(visit)
    del visit
    assert (request.kind, request.round, request.confidence, request.layers) == ("chart", 2, "high", ())
    assert seen() is not None
    assert request.extra_statements == ("totals",)
    assert request.queries == (Query(),)
    assert Visit.made == 1
    assert seen() is None
    assert replace(request, round=3).queries is request.queries


def test_a_click_in_a_time_series_without_dimensions_does_nothing() -> None:
    """Seen on 6.1.0 for bars over a column of categories."""
    dashboard, workspace = world(GRID)
    line = {"x_axis": "country", "metrics": ["count"], "groupby": []}
    for groupby, expected in (([], []), (["a"], [1, 3])):
        params = {**line, "groupby": groupby}
        charts = [
            replace(c, viz_type="echarts_timeseries_bar", params=params) if c.id == 2 else c
            for c in workspace.charts
        ]
        with_bars = replace(workspace, charts=tuple(charts))
        assert sent(dashboard, with_bars, "cross-filter:chart 2") == expected
