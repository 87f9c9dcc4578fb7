"""`dashlint fix` on a real Superset: fixed exports import, a server is changed as planned and no more."""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from dashlint.cli.app import app
from tests.live.superset_client import SupersetSession
from tests.live.superset_server import SupersetServer, start
from tests.paths import FIXTURES

EXPORT = FIXTURES / "exports" / "harbour-and-pine"
#: Every rule that proposes a fix, by name: guesses count only so.
FIXABLE = "DL103,DL203,DL205,DL208,DL301,DL302,DL303,DL304,DL306,DL311,DL401,DL402,DL403,DL404"
TODAY = ("--today", "2026-11-21")

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def importing(superset: SupersetServer) -> Iterator[SupersetServer]:
    """A Superset of its own, for imports. (`superset` has built it, or skips.)"""
    own = start()
    try:
        yield own
    finally:
        own.stop()


@pytest.fixture(scope="module")
def server(superset: SupersetServer) -> Iterator[SupersetServer]:
    """Another one, with the examples alone, which each test leaves as it was."""
    own = start()
    try:
        yield own
    finally:
        own.stop()


@pytest.fixture
def session(server: SupersetServer) -> Iterator[SupersetSession]:
    with server.session() as opened:
        yield opened


@pytest.fixture
def importer(importing: SupersetServer) -> Iterator[SupersetSession]:
    with importing.session() as opened:
        yield opened


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DASHLINT_PASSWORD", "admin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def invoke(*arguments: object, typed: str | None = None) -> Any:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], input=typed)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


def import_assets(session: SupersetSession, data: bytes, *, passwords: dict[str, str] | None = None) -> None:
    answer = session.post(
        "/api/v1/assets/import/",
        files={"bundle": ("assets.zip", io.BytesIO(data), "application/zip")},
        data={"passwords": json.dumps(passwords or {})},
    )
    assert answer.status_code == 200, answer.text


def zipped(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(folder.rglob("*.yaml")):
            text = path.read_text()
            if path.name == "metadata.yaml":
                text = text.replace("type: Dashboard", "type: assets")
            archive.writestr(f"assets/{path.relative_to(folder)}", text)
    return buffer.getvalue()


def by_uuid(data: bytes) -> dict[str, dict[str, Any]]:
    """The assets in a ZIP."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        values = [yaml.safe_load(archive.read(name)) for name in archive.namelist() if name.endswith(".yaml")]
    return {value["uuid"]: value for value in values if isinstance(value, dict) and "uuid" in value}


def findings(run: Run, path: str, *more: object) -> set[tuple[str, ...]]:
    result = run("scan", path, "--format", "json", "--select", FIXABLE, *TODAY, *more)
    assert result.exit_code in (0, 1), result.stderr
    return {
        (f["rule"], f["asset"]["uuid"], f["location"]["field"] or "", f["message"])
        for f in json.loads(result.stdout)["findings"]
        if f["fix"]
    }


def test_a_fixed_export_of_the_examples_imports_and_is_clean(
    importing: SupersetServer, importer: SupersetSession, run: Run
) -> None:
    Path("assets.zip").write_bytes(importing.export_assets())
    before = findings(run, "assets.zip")
    assert {rule for rule, *_ in before} >= {"DL205", "DL301", "DL302", "DL304", "DL401"}
    result = run("fix", "assets.zip", "--unsafe", "--select", FIXABLE, "--output", "fixed.zip", *TODAY)
    assert "not fixed" not in result.stderr
    fixed = Path("fixed.zip").read_bytes()
    import_assets(importer, fixed)
    again = importing.export_assets()
    Path("again.zip").write_bytes(again)
    assert findings(run, "again.zip") == set()
    old, new = by_uuid(fixed), by_uuid(again)
    for uuid, asset in old.items():
        if "slice_name" in asset:
            # The dataset's number is another one.
            assert {**new[uuid]["params"], "datasource": 0} == {**asset["params"], "datasource": 0}
            assert new[uuid]["cache_timeout"] == asset["cache_timeout"]
    import_assets(importer, Path("assets.zip").read_bytes())  # as it was


def test_a_fixed_export_with_saved_requests_imports_and_is_clean(
    importing: SupersetServer, importer: SupersetSession, run: Run, tmp_path: Path
) -> None:
    shutil.copytree(EXPORT, tmp_path / "export")
    before = findings(run, "export")
    result = run("fix", "export", "--unsafe", "--select", FIXABLE, *TODAY)
    assert "not fixed" not in result.stderr
    passwords = {
        f"databases/{path.name}": "made-up" for path in (tmp_path / "export" / "databases").iterdir()
    }
    import_assets(importer, zipped(tmp_path / "export"), passwords=passwords)
    numbers = [row["id"] for row in importer.get("/api/v1/dashboard/?q=(page_size:100)").json()["result"]]
    exported = importing.export_dashboards(numbers)
    Path("again.zip").write_bytes(exported)
    ours, theirs = by_uuid(zipped(tmp_path / "export")), by_uuid(exported)
    uuids = {uuid for uuid in ours if uuid in theirs}
    assert {rule for rule, *_ in before} >= {"DL203", "DL302", "DL303", "DL404"}
    left = {finding for finding in findings(run, "again.zip") if finding[1].partition("/")[0] in uuids}
    assert left == set()
    compared = 0
    for uuid in uuids:
        if ours[uuid].get("query_context"):
            mine, stored = (json.loads(side[uuid]["query_context"]) for side in (ours, theirs))
            assert [q.get("row_limit") for q in mine["queries"]] == [
                q.get("row_limit") for q in stored["queries"]
            ]
            compared += 1
        if "slice_name" in ours[uuid]:
            assert theirs[uuid]["params"].get("row_limit") == ours[uuid]["params"].get("row_limit")
    assert compared > 50


def test_the_saved_request_of_a_fixed_chart_runs_page_by_page(
    importing: SupersetServer, importer: SupersetSession, run: Run, tmp_path: Path
) -> None:
    """What alerts and warm-ups send for a table that got server pagination."""
    number, chart = new_table(importer)
    exported = importer.get(f"/api/v1/chart/export/?q=!({number})").content
    assert rows_of(importer, number) == [11_000]
    with zipfile.ZipFile(io.BytesIO(exported)) as archive:
        archive.extractall(tmp_path / "export")
    result = run("fix", "export", "--unsafe", "--select", "DL303", *TODAY)
    assert "server_pagination" in result.stdout
    answer = importer.post(
        "/api/v1/chart/import/",
        files={"formData": ("chart.zip", io.BytesIO(packed(tmp_path / "export")), "application/zip")},
        data={"passwords": "{}", "overwrite": "true"},
    )
    assert answer.status_code == 200, answer.text
    assert rows_of(importer, number) == [10, 1]
    detail = importer.get(f"/api/v1/chart/{number}").json()["result"]
    assert json.loads(detail["params"])["server_pagination"] is True
    assert detail["slice_name"] == chart["slice_name"]
    importer.delete(f"/api/v1/chart/{number}")


def packed(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(folder.rglob("*.yaml")):
            archive.write(path, path.relative_to(folder))
    return buffer.getvalue()


def new_table(session: SupersetSession) -> tuple[int, dict[str, Any]]:
    """A raw table of 11,000 rows of birth names, with the request that Explore would save."""
    query = "(filters:!((col:table_name,opr:eq,value:birth_names)))"
    dataset = session.get(f"/api/v1/dataset/?q={query}").json()["result"][0]["id"]
    form = {
        "datasource": f"{dataset}__table",
        "viz_type": "table",
        "query_mode": "raw",
        "all_columns": ["name", "num", "ds"],
        "adhoc_filters": [],
        "row_limit": 11_000,
        "server_page_length": 10,
        "order_by_cols": [],
    }
    sent = {
        "filters": [],
        "extras": {"having": "", "where": ""},
        "columns": ["name", "num", "ds"],
        "orderby": [],
        "row_limit": 11_000,
        "series_limit": 0,
        "order_desc": True,
        "time_offsets": [],
        "post_processing": [],
    }
    context = {
        "datasource": {"id": dataset, "type": "table"},
        "force": False,
        "queries": [sent],
        "form_data": {**form, "force": False, "result_format": "json", "result_type": "full"},
        "result_format": "json",
        "result_type": "full",
    }
    chart = {
        "slice_name": "All names, to be paged",
        "viz_type": "table",
        "datasource_id": dataset,
        "datasource_type": "table",
        "params": json.dumps(form),
        "query_context": json.dumps(context),
    }
    answer = session.post("/api/v1/chart/", json=chart)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"], chart


def rows_of(session: SupersetSession, number: int) -> list[int]:
    answer = session.get(f"/api/v1/chart/{number}/data/?force=true")
    assert answer.status_code == 200, answer.text
    return [len(result["data"]) for result in answer.json()["result"]]


# Over the REST API


#: Tables of Superset's metadata database, with owners, columns and metrics, and which are the objects' own.
TABLES = {
    "slices": "chart",
    "tables": "dataset",
    "dashboards": "dashboard",
    "table_columns": None,
    "sql_metrics": None,
    "dashboard_slices": None,
    "slice_user": None,
    "sqlatable_user": None,
    "dashboard_user": None,
}
MOVES = ("changed_on", "changed_by_fk", "last_saved_at", "last_saved_by_fk")
#: Superset works these out anew whenever a chart is saved (models/slice.py:set_related_perm).
DERIVED = ("perm", "schema_perm", "catalog_perm")


def details(server: SupersetServer) -> dict[tuple[str, int], dict[str, Any]]:
    """Every object as the metadata database holds it, without who changed it when."""
    found = {}
    with closing(sqlite3.connect(server.home / "superset.db")) as database:
        database.row_factory = sqlite3.Row
        for table, kind in TABLES.items():
            for row in database.execute(f"SELECT * FROM {table}"):
                found[kind or table, row["id"]] = {
                    name: json.loads(row[name])
                    if name in ("params", "query_context", "json_metadata") and row[name]
                    else row[name]
                    for name in row.keys()  # noqa: SIM118 a row is no mapping
                    if name not in (*MOVES, *DERIVED)
                }
    return found


def fix(run: Run, server: SupersetServer, *arguments: object, username: str = "admin") -> Any:
    return run("fix", "--url", server.url, "--username", username, "--no-indexes", *TODAY, *arguments)


def test_a_server_is_changed_as_planned_and_put_back(
    server: SupersetServer, session: SupersetSession, run: Run
) -> None:
    number, _ = new_table(session)
    before = details(server)
    arguments = ("--unsafe", "--select", "DL205,DL302,DL303,DL401")
    plan = fix(run, server, *arguments, "--dry-run")
    assert plan.exit_code == 1
    assert "Would change" in plan.stdout
    assert details(server) == before
    done = fix(run, server, *arguments, "--yes", "--rollback-file", "back.json")
    assert done.exit_code in (0, 1), done.stderr
    assert "the server itself changed" not in done.stderr
    after = details(server)
    file = json.loads(Path("back.json").read_text())
    touched = {(entry["kind"], entry["id"]): set(entry["before"]) for entry in file["objects"]}
    assert {key[0] for key in touched} == {"chart", "dataset", "dashboard"}
    assert before.keys() == after.keys()
    for key, old in before.items():
        different = {name for name in old if old[name] != after[key][name]}
        assert different == touched.get(key, set()), key
    table = after["chart", number]
    assert table["params"]["server_pagination"] is True
    assert [q["row_limit"] for q in table["query_context"]["queries"]] == [10, 11_000]
    assert rows_of(session, number) == [10, 1]
    assert oct(Path("back.json").stat().st_mode)[-3:] == "600"
    assert not any(secret in Path("back.json").read_text() for secret in ("Bearer", "csrf", '"admin"'))
    # Until nothing is left that can be mended, and then nothing more.
    fix(run, server, *arguments, "--yes", "--rollback-file", "more.json")
    idle = fix(run, server, *arguments, "--yes", "--rollback-file", "none.json")
    assert "Nothing to fix." in idle.stdout
    assert not Path("none.json").exists()
    if Path("more.json").exists():
        assert fix(run, server, "--rollback", "more.json", "--yes").exit_code == 0
    back = fix(run, server, "--rollback", "back.json", "--yes")
    assert back.exit_code == 0, back.stderr
    assert details(server) == before
    again = fix(run, server, "--rollback", "back.json", "--yes")
    assert again.stdout == "Nothing was put back.\n"
    session.delete(f"/api/v1/chart/{number}")


def test_a_change_by_somebody_else_stops_it(
    server: SupersetServer, session: SupersetSession, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody saves a chart while the plan is on the screen."""
    from dashlint.cli import fix_server

    before = details(server)

    def meanwhile(_question: str, _wanted: object) -> bool:
        answer = session.put("/api/v1/chart/12", json={"description": "mine"})
        assert answer.status_code == 200, answer.text
        return True

    monkeypatch.setattr(fix_server, "_confirmed", meanwhile)
    result = fix(run, server, "--unsafe", "--select", "DL302", "--yes", "--rollback-file", "back.json")
    assert result.exit_code == 1
    assert "was changed since it was read" in result.stderr
    assert "“Unicode Cloud”" in result.stderr
    after = details(server)
    assert after["chart", 12] == {**before["chart", 12], "description": "mine"}
    monkeypatch.undo()
    monkeypatch.setenv("DASHLINT_PASSWORD", "admin")
    session.put("/api/v1/chart/12", json={"description": before["chart", 12]["description"]})
    fix(run, server, "--rollback", Path("back.json").resolve(), "--yes")
    assert details(server) == before


def test_a_rollback_stops_at_what_was_changed_since(
    server: SupersetServer, session: SupersetSession, run: Run
) -> None:
    before = details(server)
    assert (
        fix(run, server, "--unsafe", "--select", "DL302", "--yes", "--rollback-file", "b.json").exit_code == 0
    )
    params = details(server)["chart", 12]["params"]
    assert params["row_limit"] == 100
    session.put("/api/v1/chart/12", json={"params": json.dumps({**params, "row_limit": 55})})
    refused = fix(run, server, "--rollback", "b.json", "--yes")
    assert refused.exit_code == 1
    assert "“Unicode Cloud” is neither as the fix left it nor as it was before" in refused.stderr
    assert details(server)["chart", 12]["params"]["row_limit"] == 55
    session.put("/api/v1/chart/12", json={"params": json.dumps(params)})
    assert fix(run, server, "--rollback", "b.json", "--yes").exit_code == 0
    assert details(server) == before


def test_nobody_to_ask_means_no(server: SupersetServer, run: Run) -> None:
    result = fix(run, server, "--unsafe")
    assert result.exit_code == 2
    assert "give --yes" in result.stderr


def test_who_may_not_write_is_told_so(
    server: SupersetServer, session: SupersetSession, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = details(server)
    monkeypatch.setenv("DASHLINT_PASSWORD", "viewer")
    result = fix(
        run, server, "--unsafe", "--select", "DL301", "--yes", "--rollback-file", "b.json", username="viewer"
    )
    assert result.exit_code == 4, result.stdout + result.stderr
    assert "the account may not use PUT /api/v1/chart/" in result.stderr
    assert details(server) == before
