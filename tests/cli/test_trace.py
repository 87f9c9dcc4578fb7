"""`dashlint trace`: the contract of its JSON, and what a person reads."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import Run
from tests.cli.test_errors import said
from tests.paths import FIXTURES

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

EXPORT = FIXTURES / "exports" / "harbour-and-pine"


@pytest.fixture
def export(tmp_path: Path) -> str:
    shutil.copytree(EXPORT, tmp_path / "export")
    return "export"


def test_json_has_every_event_in_the_documented_shape(run: Run, export: str) -> None:
    result = run("trace", export, "--event", "all", "--format", "json")
    assert result.code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["version"] == 1
    dashboards = {d["title"]: d for d in document["dashboards"]}
    assert len(dashboards) == 6
    events = {e["event"]: e for e in dashboards["Daily trading"]["events"]}
    assert list(events)[:2] == ["load", "tab:Assortment"]
    assert {"filter:Period", "filter:Period@all-tabs", "refresh"} <= events.keys()
    kinds = set()
    for dashboard in document["dashboards"]:
        for event in dashboard["events"]:
            for request in event["requests"]:
                kinds.add(request["kind"])
                assert ("chart" in request) != ("filter" in request)
                assert request["cache_timeout"].keys() == {"seconds", "from"}
                for query in request["queries"]:
                    assert query.keys() >= {
                        "columns", "metrics", "row_limit", "effective_limit", "series_limit", "row_offset",
                        "is_rowcount", "post_processing", "filters", "rows", "memory",
                    }  # fmt: skip
    assert kinds >= {"chart", "filter_options"}


def test_what_a_tab_hides_waits_for_it(run: Run, export: str) -> None:
    document = json.loads(
        run("trace", export, "--dashboard", "Daily*", "--event", "all", "--format", "json").stdout
    )
    events = {e["event"]: e for e in document["dashboards"][0]["events"]}

    def charts(name: str) -> set[str]:
        return {r["chart"]["name"] for r in events[name]["requests"] if "chart" in r}

    assert charts("load")
    assert charts("tab:Assortment")
    assert charts("load").isdisjoint(charts("tab:Assortment"))
    assert charts("filter:Period") < charts("filter:Period@all-tabs")
    assert all(r["force"] for r in events["refresh"]["requests"] if "chart" in r)


def test_timeline(run: Run, export: str, snapshot: SnapshotAssertion) -> None:
    result = run("trace", export, "--dashboard", "Daily trading", "--event", "load", "--today", "2026-02-01")
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert result.stdout == snapshot


def test_explain_request(run: Run, export: str, snapshot: SnapshotAssertion) -> None:
    result = run(
        "trace", export, "--dashboard", "Daily trading", "--event", "filter:Period", "--explain-request", "2",
        "--today", "2026-02-01",
    )  # fmt: skip
    assert result.code == 0
    assert result.stdout == snapshot


def test_the_day_of_relative_ranges(run: Run, export: str) -> None:
    arguments = ("trace", export, "--dashboard", "Daily trading", "--format", "json")
    document = json.loads(run(*arguments, "--today", "2024-05-01").stdout)
    queries = [q for r in document["dashboards"][0]["events"][0]["requests"] for q in r["queries"]]
    assert any("2024-04" in q["sql"] for q in queries)
    said(run(*arguments, "--today", "tomorrow"), 2, "write a date")


def test_mistakes(run: Run, export: str) -> None:
    said(run("trace", export, "--event", "lod"), 2, "did you mean 'load'?")
    said(run("trace", export, "--dashboard", "Nothing"), 2, "'Nothing'")
    said(run("trace", export, "--event", "all", "--explain-request", "1"), 2, "one event of one dashboard")
    said(
        run("trace", export, "--dashboard", "Daily*", "--event", "load", "--explain-request", "99"),
        2,
        "not 99",
    )


def test_cells_of_a_matrix_of_charts(run: Run, tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "rules" / "DL103" / "clean-matrix", tmp_path / "export")
    document = json.loads(run("trace", "export", "--event", "load", "--format", "json").stdout)
    requests = document["dashboards"][0]["events"][0]["requests"]
    cells = [r["cell"] for r in requests if "cell" in r]
    assert len(cells) == 12
    assert cells[0] == {"row": "AT", "column": ""}
    assert "cell AT" in run("trace", "export", "--event", "load").stdout
