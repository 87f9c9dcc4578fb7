"""Queries that are built from ``params`` against those that Explore has saved with the same chart.

``query_context`` is the request that Explore's own code made of a chart's form data. Where Explore
made it on opening a chart that had none, it took the form data as they are stored
(``explore/components/ExploreChartPanel:updateQueryContext``): a dashboard completes them with the
defaults of the control panel first, so that its request may differ. Where somebody pressed Save, the
form data hold every control (``explore/actions/saveModalActions``), and nothing may differ.

``data/README.md`` tells how those in ``data/explore`` came to be; those in ``fixtures/exports`` are of
charts that were opened, too. A script wrote the few in ``tests/data/exports/browser``.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from dashlint.assets import Chart, Workspace
from dashlint.sources import read
from dashlint.superset import form_data, queries
from dashlint.superset.controls import controls
from dashlint.superset.settings import Settings
from tests.paths import FIXTURES, ROOT
from tests.truth.captures import DATA
from tests.truth.fields import Difference, differences, predicted_fields
from tests.truth.front_end.shape import as_captured

SETTINGS = Settings(version="6.1")
SAVED = DATA / "explore" / "saved.zip"
#: Charts that were opened in Explore.
OPENED = [
    *(path for path in sorted((FIXTURES / "exports").iterdir()) if (path / "charts").is_dir()),
    DATA / "explore" / "opened.zip",
]
EXPORTS = [
    *OPENED,
    *(
        path
        for path in sorted((ROOT / "tests" / "data" / "exports").rglob("*.zip"))
        if any("/charts/" in name for name in zipfile.ZipFile(path).namelist())
    ),
]
#: What a dashboard's request has otherwise than the context of a chart that was opened: by type and
#: field, the control whose default is added. None where only the order of metrics or columns is that of
#: the controls.
DEFAULTS: dict[tuple[str, str], str | None] = {
    ("bubble_v2", "metrics"): None,
    ("tree_chart", "columns"): None,
    ("pie", "orderby"): "sort_by_metric",
    ("table", "orderby"): "order_desc",
    ("box_plot", "row_limit"): "row_limit",
    ("deck_polygon", "row_limit"): "row_limit",
    ("echarts_area", "post_processing"): "truncate_metric",
    ("echarts_timeseries_bar", "post_processing"): "truncate_metric",
    ("echarts_timeseries_line", "post_processing"): "truncate_metric",
    ("box_plot", "post_processing"): "whiskerOptions",
}
#: Contexts that a script wrote, and what in them is not made of the chart's params.
WRITTEN = {
    ("syn default-value one", "filters"): "the value of a dashboard's filter",
    ("syn cascade total", "filters"): "the value of a dashboard's filter",
    ("syn zoo-tables saved qc diverges", "columns"): "a context that differs on purpose",
    ("syn zoo-tables saved qc diverges", "row_limit"): "a context that differs on purpose",
    ("syn zoo-tables saved qc diverges", "orderby"): "a context that differs on purpose",
}


@cache
def workspace(path: Path) -> Workspace:
    return read([str(path)])


def charts(path: Path) -> list[Chart]:
    """Those with a context. Types that post form data send none of it."""
    return [
        chart
        for chart in workspace(path).charts
        if chart.query_context is not None and not queries.is_legacy(chart.viz_type, SETTINGS)
    ]


def compare(chart: Chart, path: Path) -> Iterator[Difference]:
    """Every field in which a prediction differs from the context; ``where`` is the chart's name."""
    assert chart.query_context is not None
    saved = chart.query_context["queries"]
    built = queries.build(chart, workspace(path).dataset_of(chart), SETTINGS)
    if len(saved) != len(built):
        yield Difference(chart.name, "number of queries", len(saved), len(built))
        return
    for query, ours in zip(saved, built, strict=True):
        yield from differences(chart.name, as_captured(query), ours)


def only(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Form data are completed with the defaults of these controls alone."""
    monkeypatch.setattr(
        form_data,
        "controls",
        lambda viz_type, version: tuple(item for item in controls(viz_type, version) if item[0] in names),
    )


def show(found: list[Difference]) -> str:
    return "\n".join(f"{d.where}: {d.field} is {d.captured!r}, predicted {d.predicted!r}" for d in found)


@pytest.mark.parametrize("path", OPENED, ids=lambda path: path.stem)
def test_form_data_as_they_are_stored(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each field of each query, without the defaults of controls."""
    only(monkeypatch)
    found = [d for chart in charts(path) for d in compare(chart, path)]
    assert not found, show(found)


@pytest.mark.parametrize("path", EXPORTS, ids=lambda path: path.stem)
def test_what_a_dashboard_sends_otherwise(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a dashboard's request differs, it is by the default of one control that is named here."""
    for chart in charts(path):
        found = [d for d in compare(chart, path) if (d.where, d.field) not in WRITTEN]
        unknown = [d for d in found if (chart.viz_type, d.field) not in DEFAULTS]
        assert not unknown, show(unknown)
        for difference in found:
            control = DEFAULTS[chart.viz_type, difference.field]
            if control is None:
                assert sorted(difference.captured) == sorted(difference.predicted)
                continue
            with monkeypatch.context() as patch:
                only(patch, control)
                built = queries.build(chart, workspace(path).dataset_of(chart), SETTINGS)
                assert difference.predicted in [predicted_fields(q)[difference.field] for q in built]


def test_charts_that_were_saved_in_explore() -> None:
    """Explore stores the value of every control: a dashboard sends what was saved."""
    found = [d for chart in charts(SAVED) for d in compare(chart, SAVED)]
    assert not found, show(found)


def test_nothing_in_the_tables_is_idle() -> None:
    seen = [(c, d) for path in EXPORTS for c in charts(path) for d in compare(c, path)]
    assert {(d.where, d.field) for _, d in seen} >= WRITTEN.keys()
    named = {(c.viz_type, d.field) for c, d in seen if (d.where, d.field) not in WRITTEN}
    assert named == DEFAULTS.keys()


def test_there_is_enough_to_compare() -> None:
    counted = {path.stem: len(charts(path)) for path in (*EXPORTS, SAVED)}
    assert counted["harbour-and-pine"] == 97
    assert counted["opened"] > 90
    types = {c.viz_type for path in (*EXPORTS, SAVED) for c in charts(path)}
    assert len(types) > 30
    assert len({c.viz_type for c in charts(SAVED)}) > 25
