"""What Superset 6.1.0 really wrote is read without a problem, from a ZIP and from a folder alike."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from dashlint.assets import Workspace
from dashlint.sources import SourceError, read
from tests.sources.exports import BROWSER_ZIPS, DATA, REAL_ZIPS

READABLE = [path for path in REAL_ZIPS if path.name != "theme.zip"]


def counts(workspace: Workspace) -> tuple[int, int, int, int]:
    return (
        len(workspace.dashboards),
        len(workspace.charts),
        len(workspace.datasets),
        len(workspace.databases),
    )


@pytest.mark.parametrize("path", READABLE, ids=lambda path: path.stem)
def test_no_problems_and_the_version_that_wrote_it(path: Path) -> None:
    workspace = read(path)
    assert workspace.problems == ()
    assert workspace.superset_version == "6.1.0"
    assert workspace.focus is None


@pytest.mark.parametrize(
    "path", [*BROWSER_ZIPS, DATA / "assets.zip", DATA / "unusual.zip"], ids=lambda p: p.stem
)
def test_every_place_of_a_layout_finds_its_chart_and_every_chart_its_dataset(path: Path) -> None:
    workspace = read(path)
    placements = [p for d in workspace.dashboards for p in workspace.placements(d)]
    assert placements
    assert [p.node.id for p in placements if p.chart is None or p.chart.id != p.chart_id] == []
    assert [c.name for c in workspace.charts if workspace.dataset_of(c) is None] == []
    assert [d.name for d in workspace.datasets if workspace.database_of(d) is None] == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("assets", (9, 103, 21, 1)),
        ("chart", (0, 2, 2, 1)),
        ("dataset", (0, 0, 1, 1)),
        ("database", (0, 0, 21, 1)),
        ("saved_query", (0, 0, 0, 1)),
        ("unusual", (1, 2, 1, 1)),
    ],
)
def test_every_kind_of_export(name: str, expected: tuple[int, int, int, int]) -> None:
    assert counts(read(DATA / f"{name}.zip")) == expected


def test_an_export_of_themes_alone_says_that_nothing_in_it_can_be_checked() -> None:
    with pytest.raises(SourceError, match="no Superset dashboard, chart, dataset or database") as caught:
        read(DATA / "theme.zip")
    assert caught.value.exit_code == 3


def test_zip_folder_and_folder_without_its_root_say_the_same(tmp_path: Path) -> None:
    source = DATA / "assets.zip"
    with zipfile.ZipFile(source) as archive:
        archive.extractall(tmp_path)
    [root] = tmp_path.iterdir()
    expected = read(source)
    for place in (tmp_path, root):
        workspace = read(place)
        assert counts(workspace) == counts(expected)
        assert {c.uuid: (c.id, c.raw) for c in workspace.charts} == {
            c.uuid: (c.id, c.raw) for c in expected.charts
        }
        assert {d.uuid: d.raw for d in workspace.dashboards} == {d.uuid: d.raw for d in expected.dashboards}
        assert workspace.problems == ()


def test_what_is_unusual_arrives_as_it_was_saved() -> None:
    workspace = read(DATA / "unusual.zip")
    [dashboard] = workspace.dashboards
    assert (dashboard.title, dashboard.slug, dashboard.id) == ("销售概览", "xiaoshou2", 11)
    charts = {c.id: c for c in workspace.charts}
    assert charts[104].name == "名前 table: yes"
    assert charts[104].cache_timeout == 0
    assert charts[104].params["row_limit"] == "500000"
    assert charts[104].params["slice"] == "emoji 😀 and é"
    assert charts[105].name == "yes"
    assert charts[105].params["n"] == "017"
    assert charts[105].params["big"] == 12345678901234567890
    assert charts[105].params["f"] == 1e20
    [dataset] = workspace.datasets
    assert dataset.name == "Geburten — virtuell"
    assert dataset.is_virtual
    assert dataset.sql is not None
    assert dataset.sql.startswith(
        "{% set since = filter_values('since') %}\nSELECT\n  name,\n  gender,\tnum,\n"
    )
    assert dataset.cache_timeout == 300
    assert dataset.template_params == {"country": "DE"}
    assert dataset.extra == {"certification": {"certified_by": "Data"}}


def test_several_zips_at_once_are_several_roots() -> None:
    workspace = read(BROWSER_ZIPS)
    assert len(workspace.dashboards) == len(BROWSER_ZIPS)
    assert len({d.origin.root for d in workspace.dashboards}) == len(BROWSER_ZIPS)
    # The same datasets are in several of these exports: that is no problem across roots.
    assert workspace.problems == ()
    alone = {d.uuid: len(read(path).charts) for path in BROWSER_ZIPS for d in read(path).dashboards}
    assert {d.uuid: len(workspace.charts_of(d)) for d in workspace.dashboards}.keys() == alone.keys()


def test_files_are_shown_below_their_zip() -> None:
    path = DATA / "chart.zip"
    for chart in read(path).charts:
        file = chart.origin.file
        assert file is not None
        assert file.startswith(f"{path}/chart_export_")
        assert "/charts/" in file
        location = chart.origin.location("viz_type")
        assert (location.line, location.column) == (5, 1)
