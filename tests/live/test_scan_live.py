"""`dashlint scan --url` on a real Superset: the same findings as from its own export, at little cost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dashlint.cli.app import app
from dashlint.sources.rest import Credentials, ServerRequest, open_server
from tests.live.superset_server import SupersetServer


@pytest.fixture
def scan(superset: SupersetServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Runs a scan with the admin's password in the environment, and gives the JSON report."""
    monkeypatch.setenv("DASHLINT_PASSWORD", superset.password)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> dict[str, Any]:
        result = CliRunner().invoke(app, ["scan", "--format", "json", *map(str, arguments)])
        assert result.exit_code in (0, 1), result.stderr
        document: dict[str, Any] = json.loads(result.stdout)
        return document

    return run


def findings(document: dict[str, Any]) -> set[tuple[str, ...]]:
    """What was found where; files and lines belong to the export alone."""
    return {
        (f["rule"], f["severity"], f["asset"]["uuid"], str(f["location"]["field"]), f["message"])
        for f in document["findings"]
    }


def test_a_server_and_its_export_give_the_same_findings(
    superset: SupersetServer, scan: Any, tmp_path: Path
) -> None:
    (tmp_path / "assets.zip").write_bytes(superset.export_assets())
    from_server = scan("--url", superset.url, "--username", superset.username, "--no-indexes")
    from_export = scan("assets.zip", "--superset-version", superset.version)
    assert from_server["superset"] == superset.version
    assert from_server["summary"]["dashboards"] == from_export["summary"]["dashboards"] == 9
    assert from_server["summary"]["charts"] == from_export["summary"]["charts"] == 103
    assert from_server["summary"]["datasets"] == from_export["summary"]["datasets"] == 21
    assert findings(from_server) == findings(from_export)
    figures = (
        "uuid",
        "title",
        "charts",
        "charts_on_load",
        "queries_on_load",
        "memory_on_load",
        "widest_filter",
    )
    for one, other in zip(from_server["dashboards"], from_export["dashboards"], strict=True):
        assert [one[f] for f in figures] == [other[f] for f in figures]


def test_the_server_tells_indexes(superset: SupersetServer, scan: Any) -> None:
    document = scan("--url", superset.url, "--username", superset.username)
    assert not any("no index information" in note for note in document["notes"])


def test_a_full_read_takes_at_most_ten_requests(superset: SupersetServer) -> None:
    credentials = Credentials(username=superset.username, password=superset.password)
    with open_server(ServerRequest(superset.url), credentials) as server:
        workspace = server.read()
        assert server.requests_sent <= 10
    assert (len(workspace.dashboards), len(workspace.charts), len(workspace.datasets)) == (9, 103, 21)


def test_one_dashboard(superset: SupersetServer, scan: Any) -> None:
    document = scan("--url", superset.url, "--username", superset.username, "--dashboard", "*births*")
    assert [d["title"] for d in document["dashboards"]] == ["USA Births Names"]
