"""What a real Superset leaves behind: statements given back to their charts, and its own log of views."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashlint.analysis import Analysis
from dashlint.incidents.candidates import gather
from dashlint.incidents.matching import Match, Matcher
from dashlint.incidents.model import Observed
from dashlint.sources import read
from tests.cli.conftest import Run, run
from tests.live.superset_server import SupersetServer, start
from tests.live.test_compiled_sql import BUNDLED, SETTINGS, _import, asker, server, warehouse
from tests.truth.compiled import Asker

if TYPE_CHECKING:
    import pytest

__all__ = ["asker", "run", "server", "warehouse"]

#: A condition of a filter, for datasets that have its column.
FILTER = {"col": "country_code", "op": "IN", "val": ["DE", "FR"]}


def test_statements_are_given_to_their_charts(asker: Asker, warehouse: str, tmp_path: Path) -> None:
    """Every seventh chart of the example's dashboards, as it is and filtered by country."""
    assert warehouse
    _import(asker, BUNDLED)
    analysis = Analysis(read(BUNDLED), SETTINGS, None, None)
    matcher = Matcher(gather(analysis).candidates)
    ids = asker.datasets()
    right = shared = 0
    wrong: list[str] = []
    for chart in analysis.workspace.charts[::7]:
        dataset = analysis.dataset_of(chart)
        for query in analysis.queries(chart):
            if dataset is None or not dataset.column_by_name:
                continue
            sent: list[dict[str, Any]] = [dict(query.raw)]
            if "country_code" in dataset.column_by_name:
                sent.append({**query.raw, "filters": [*query.raw.get("filters", ()), FILTER]})
            for raw in sent:
                run = asker.run(ids[dataset.uuid], raw)
                # Only time offsets make more than one statement; a semicolon in a comment is none's end.
                for sql in run if query.time_offsets else ["; ".join(run)]:
                    found = matcher.match(Observed(sql, 1.0))
                    owners = [c.sender.uuid for c in found.candidates] if isinstance(found, Match) else []
                    right += owners == [chart.uuid]
                    shared += len(owners) > 1 and chart.uuid in owners
                    if chart.uuid not in owners:
                        wrong.append(f"{chart.name}: {found}\n{sql}")
    assert not wrong, "\n\n".join(wrong)
    assert right > 15
    assert shared <= right / 5


def _opened(superset: SupersetServer) -> tuple[dict[str, Any], int]:
    """A dashboard of which three charts were asked for as a browser does; how many."""
    session = superset.session()
    dashboard = next(
        one
        for one in session.get("/api/v1/dashboard/").json()["result"]
        if one["dashboard_title"] == "USA Births Names"
    )
    charts = session.get(f"/api/v1/dashboard/{dashboard['id']}/charts").json()["result"][:3]
    for chart in charts:
        parameters = {"form_data": json.dumps({"slice_id": chart["id"]}), "dashboard_id": dashboard["id"]}
        number, kind = chart["form_data"]["datasource"].split("__")
        asked = {"columns": ["name"], "metrics": [], "row_limit": 1}
        body = {"datasource": {"id": int(number), "type": kind}, "queries": [asked]}
        session.post("/api/v1/chart/data", params=parameters, json=body).raise_for_status()
    return dashboard, len(charts)


def test_views_are_read_from_the_metadata_database(
    superset: SupersetServer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log that Superset keeps in SQLite."""
    dashboard, charts = _opened(superset)
    monkeypatch.setenv("DASHLINT_PASSWORD", superset.password)
    database = f"sqlite:///{superset.home / 'superset.db'}"
    server = ("--url", superset.url, "--username", superset.username)
    done = run("diagnose", *server, "--format", "json", "--fail-on", "never", "--metadata-db", database)
    assert done.code == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["superset_log"]["rows"] > charts
    (seen,) = (one for one in found["dashboards"] if one["title"] == "USA Births Names")
    assert (seen["id"], seen["visits"]) == (dashboard["id"], 1)


def test_views_are_read_from_the_servers_log(
    superset: SupersetServer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through the API, as an account that may read it; the rest goes on for one that may not."""
    monkeypatch.setattr("dashlint.sources.rest.event_log.PAGE_SIZE", 7)
    dashboard, charts = _opened(superset)
    monkeypatch.setenv("DASHLINT_PASSWORD", superset.password)
    given = ("diagnose", "--url", superset.url, "--format", "json", "--fail-on", "never")
    done = run(*given, "--username", superset.username, "--superset-log", "1")
    assert done.code == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["superset_log"]["rows"] > max(charts, 7)
    (seen,) = (one for one in found["dashboards"] if one["title"] == "USA Births Names")
    assert (seen["id"], seen["visits"]) == (dashboard["id"], 1)
    assert "passw" not in done.stdout

    log = Path(__file__).parents[1] / "incidents" / "data" / "gunicorn-killed.log"
    monkeypatch.setenv("DASHLINT_PASSWORD", superset.viewer.password)
    done = run(*given, "--username", superset.viewer.username, "--superset-log", "1", "--logs", log)
    assert done.code == 0, done.stderr
    assert len(json.loads(done.stdout)["incidents"]) == 1
    assert done.stderr.count("it needs “can read on Log”") == 1


def test_a_servers_log_that_is_off_is_one_problem(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "config.py"
    config.write_text("SUPERSET_LOG_VIEW = False\n", "utf-8")
    server = start(config=config)
    try:
        monkeypatch.setenv("DASHLINT_PASSWORD", server.password)
        done = run("diagnose", "--url", server.url, "--username", server.username, "--superset-log", "1")
    finally:
        server.stop()
    assert done.code == 3
    assert done.stderr.count("SUPERSET_LOG_VIEW or FAB_ADD_SECURITY_VIEWS is off") == 1
    assert "nothing that could be diagnosed in Superset's log" in done.stderr
