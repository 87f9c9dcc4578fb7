"""Charts that are a matrix of charts (6.1): ``tests/truth`` compares them with a browser."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashlint.assets import Workspace
from dashlint.superset import matrixify, requests
from dashlint.superset.query import Request
from dashlint.superset.settings import Settings
from tests.superset.dashboards import layout, node, placed, select, world

NEW = Settings()
ONE_PAGE = layout(
    **placed(1, 2),
    ROOT_ID=node("ROOT", "GRID_ID"),
    GRID_ID=node("GRID", "R"),
    R=node("ROW", "CHART-1", "CHART-2"),
)
SUM = {"expressionType": "SIMPLE", "aggregate": "SUM", "column": {"column_name": "n"}, "label": "SUM(n)"}
METRICS = {"matrixify_enable": True, "matrixify_mode_rows": "metrics", "matrixify_rows": ["count", SUM]}
SIZES = {"dimension": "size", "values": ["S", 3, None, True]}
VALUES = {
    "matrixify_enable": True,
    "matrixify_mode_columns": "dimensions",
    "matrixify_dimension_columns": SIZES,
}


def found(form: dict[str, Any], settings: Settings = NEW) -> matrixify.Matrix | None:
    return matrixify.matrix(form, settings)


def sent(
    event: str, params: dict[str, Any], viz_type: str = "pie", settings: Settings = NEW, **metadata: Any
) -> list[Request]:
    """What the dashboard asks for when its first chart is a pie with these parameters."""
    dashboard, workspace = world(ONE_PAGE, select("F"), charts=(1, 2), **metadata)
    first, *others = workspace.charts
    form = {"groupby": ["a"], "metric": "count", **params}
    changed = replace(first, viz_type=viz_type, params=form)
    return list(
        requests.predict(dashboard, event, Workspace((dashboard,), (changed, *others)), settings).requests
    )


def test_metrics_make_a_row_each() -> None:
    made = found(METRICS)
    assert made is not None
    assert (made.rows, made.columns) == (2, 1)
    assert [(c.row, c.column, c.changes) for c in made.cells] == [
        ("count", "", {"metrics": ["count"]}),
        ("SUM(n)", "", {"metrics": [SUM]}),
    ]


def test_values_make_a_column_each_and_add_to_the_filters() -> None:
    own = {"expressionType": "SIMPLE", "subject": "a", "operator": "IN", "comparator": [1], "clause": "WHERE"}
    made = found({**VALUES, "adhoc_filters": [own]})
    assert made is not None
    assert [c.column for c in made.cells] == ["S", "3", "", "true"]
    for cell, value in zip(made.cells, SIZES["values"], strict=True):
        first, added = cell.changes["adhoc_filters"]
        assert first == own
        assert (added["subject"], added["operator"], added["comparator"]) == ("size", "==", value)


def test_rows_times_columns() -> None:
    made = found({**METRICS, **VALUES})
    assert made is not None
    assert (made.rows, made.columns, len(made.cells)) == (2, 4, 8)
    assert [(c.row, c.column) for c in made.cells[:5]] == [
        ("count", "S"),
        ("count", "3"),
        ("count", ""),
        ("count", "true"),
        ("SUM(n)", "S"),
    ]


def test_metrics_on_both_axes_are_both_asked_for() -> None:
    made = found({**METRICS, "matrixify_mode_columns": "metrics", "matrixify_columns": ["b"]})
    assert made is not None
    assert [c.changes["metrics"] for c in made.cells] == [["count", "b"], [SUM, "b"]]


@pytest.mark.parametrize("selection", ["topn", "all"])
def test_values_that_were_looked_up_are_those_that_were_saved(selection: str) -> None:
    form = {**VALUES, "matrixify_dimension_selection_mode_columns": selection}
    made = found(form)
    assert made is not None
    assert len(made.cells) == 4
    assert made.looked_up == (f"4 {matrixify.LOOKED_UP[selection]} of size",)
    empty = found({**form, "matrixify_dimension_columns": {"dimension": "size", "values": []}})
    assert empty is not None
    assert empty.cells == ()


@pytest.mark.parametrize(
    "change",
    [
        {"matrixify_enable": False},
        {"matrixify_enable": "true"},
        {"matrixify_enable": 1},
        {"matrixify_mode_rows": "disabled"},
        {"matrixify_mode_rows": None},
        {"matrixify_mode_rows": ["metrics"]},
        {"matrixify_rows": []},
        {"matrixify_rows": None},
        {"matrixify_mode_rows": "dimensions"},
        {"matrixify_mode_rows": "dimensions", "matrixify_dimension_rows": {"dimension": "", "values": ["a"]}},
        {"matrixify_mode_rows": "dimensions", "matrixify_dimension_rows": {"dimension": "a", "values": []}},
    ],
)
def test_no_matrix(change: dict[str, Any]) -> None:
    assert found(METRICS) is not None
    assert found({**METRICS, **change}) is None


@pytest.mark.parametrize("version", ["4.1", "5.0", "6.0"])
def test_releases_before_know_of_none(version: str) -> None:
    old = Settings(version=version)
    assert found(METRICS, old) is None
    assert [r.cell for r in sent("load", METRICS, settings=old) if r.chart_id == 1] == [None]


@pytest.mark.parametrize("flags", [{}, {"MATRIXIFY": False}, {"MATRIXIFY": True}])
def test_the_flag_is_about_explore_alone(flags: dict[str, bool]) -> None:
    cells = [r.cell for r in sent("load", METRICS, settings=Settings(feature_flags=flags)) if r.chart_id == 1]
    assert cells == [None, ("count", ""), ("SUM(n)", "")]


@pytest.mark.parametrize(
    "broken",
    [
        {"matrixify_rows": "count"},
        {"matrixify_mode_rows": "dimensions", "matrixify_dimension_rows": {"dimension": "a", "values": "ab"}},
        {"adhoc_filters": 7, **VALUES},
        # The other axis has cells, and this one no values to take one from.
        {**VALUES, "matrixify_mode_rows": "dimensions", "matrixify_dimension_rows": {"dimension": "a"}},
    ],
)
def test_a_grid_that_the_browser_fails_to_draw_has_no_cells(broken: dict[str, Any]) -> None:
    made = found({**METRICS, **broken})
    assert made is not None
    assert made.cells == ()


def test_cells_ask_after_the_chart_and_without_force() -> None:
    own, *cells = [r for r in sent("refresh", METRICS) if r.chart_id == 1]
    assert own.force
    assert own.cell is None
    assert len(cells) == 2
    for request in cells:
        assert not request.force
        assert request.round == own.round + 1
        assert "matrix of 2 × 1 charts" in request.because[-2]
    # The pie has its metric in a key of its own, which stays.
    assert [[m.label for m in r.queries[0].metrics or ()] for r in cells] == [["count"], ["count", "SUM(n)"]]


@pytest.mark.parametrize(("flags", "noted"), [({}, 1), ({"DASHBOARD_VIRTUALIZATION": False}, 0)])
def test_a_note_tells_that_cells_ask_again(flags: dict[str, bool], noted: int) -> None:
    dashboard, workspace = world(ONE_PAGE, charts=(1, 2))
    first, second = workspace.charts
    everything = Workspace((dashboard,), (replace(first, params={**first.params, **METRICS}), second))
    settings = Settings(feature_flags=flags)
    notes = requests.predict(dashboard, "load", everything, settings).notes
    assert sum("its tab is shown again" in note for note in notes) == noted
    assert requests.predict(dashboard, "refresh", everything, settings).notes == ()


def test_a_filter_reaches_every_cell() -> None:
    own, *cells = [r for r in sent("filter:F", VALUES) if r.chart_id == 1]
    assert [f.col for f in own.queries[0].filters] == ["country"]
    assert len(cells) == 4
    for request in cells:
        assert [(f.col, f.source != "chart") for f in request.queries[0].filters] == [
            ("country", True),
            ("size", False),
        ]


def test_a_click_on_a_matrix_filters_nothing() -> None:
    dashboard, workspace = world(ONE_PAGE, charts=(1, 2))
    first, second = workspace.charts
    changed = replace(first, params={**first.params, **METRICS})
    assert "cross-filter:chart 1" in requests.events(dashboard, workspace, NEW)
    events = requests.events(dashboard, Workspace((dashboard,), (changed, second)), NEW)
    assert [e for e in events if e.startswith("cross-filter")] == ["cross-filter:chart 2"]


def test_layers_are_asked_for_by_cells_alone() -> None:
    found = sent("load", {**VALUES, "deck_slices": [2]}, "deck_multi")
    assert sum(r.chart_id == 2 and r.kind == "legacy" and r.round == 2 for r in found) == 4
    assert not any(r.chart_id == 2 and r.kind == "legacy" and r.round == 1 for r in found)


def test_a_cell_that_cannot_be_built_sends_nothing() -> None:
    odd = {**METRICS, "matrixify_rows": ["count", {"expressionType": "SIMPLE"}]}
    assert [r.cell for r in sent("load", odd) if r.chart_id == 1] == [None, ("count", "")]


def test_an_endless_grid_is_cut_off() -> None:
    many = {"dimension": "a", "values": list(range(1_000))}
    axes = {
        f"matrixify_{key}_{a}": v
        for a in ("rows", "columns")
        for key, v in (("mode", "dimensions"), ("dimension", many))
    }
    made = found({"matrixify_enable": True, **axes})
    assert made is not None
    assert (made.rows, made.columns, len(made.cells)) == (1_000, 1_000, matrixify.MOST)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["dimension", "values", "label"]), inner)
    ),
    max_leaves=6,
)
axes = st.fixed_dictionaries(
    {},
    optional={
        f"matrixify_{key}{axis}": values
        for axis in ("rows", "columns")
        for key, values in (
            ("", json_values),
            ("mode_", st.sampled_from(["metrics", "dimensions", "disabled", "x"]) | json_values),
            ("dimension_", json_values),
            ("dimension_selection_mode_", st.sampled_from(["members", "topn", "all"]) | json_values),
        )
    }
    | {"adhoc_filters": json_values},
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(axes, st.sampled_from(["pie", "table", "chord", "deck_multi", "of_a_plugin"]))
def test_any_json_is_a_matrix_or_is_none(form: dict[str, Any], viz_type: str) -> None:
    for request in sent("load", {"matrixify_enable": True, **form}, viz_type):
        assert request.queries is not None
