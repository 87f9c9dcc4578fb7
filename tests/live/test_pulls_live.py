"""Pulls of a real Superset: what a cache saves, and what a server that fails in the middle costs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dashlint.cli.app import app
from tests.live.superset_server import Account, SupersetServer
from tests.sources_rest.faults import QUICK, REDIRECTS, STALLS
from tests.sources_rest.faulty import FaultyProxy, Spoilt
from tests.sources_rest.stub import Stub

Scan = Callable[..., dict[str, Any]]


@pytest.fixture
def elsewhere() -> Iterator[Stub]:
    stub = Stub()
    yield stub
    stub.close()


@pytest.fixture
def proxy(superset: SupersetServer, elsewhere: Stub) -> Iterator[FaultyProxy]:
    proxy = FaultyProxy(superset.url, elsewhere.url)
    yield proxy
    proxy.close()


@pytest.fixture
def scan(
    proxy: FaultyProxy, superset: SupersetServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Scan:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))

    def run(*options: str, account: Account | None = None, code: int | None = None) -> dict[str, Any]:
        who = account or superset.admin
        monkeypatch.setenv("DASHLINT_PASSWORD", who.password)
        proxy.asked.clear()
        arguments = ["scan", "--url", proxy.url, "--username", who.username, "--format", "json"]
        result = CliRunner().invoke(app, [*arguments, "--no-indexes", *options])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        # A token of Superset's begins so; the passwords here are the names.
        assert "eyJ" not in result.stdout + result.stderr
        if result.exit_code in {3, 4}:
            assert result.stderr.count("dashlint: error: ") == 1
            return {"code": result.exit_code, "problems": [], "summary": {}, "error": result.stderr}
        return json.loads(result.stdout)  # type: ignore[no-any-return]

    return run


def exports(proxy: FaultyProxy) -> list[str]:
    return sorted(
        asked.partition("/api/v1/")[2].replace("%21", "!") for asked in proxy.asked if "/export/" in asked
    )


@contextmanager
def chart_changed(superset: SupersetServer) -> Iterator[int]:
    """A chart with another cache timeout, which is put back."""
    with superset.session() as session:
        query = "(filters:!((col:slice_name,opr:eq,value:'Trends')))"
        (row, *_) = session.get("/api/v1/chart/", params={"q": query}).json()["result"]
        path = f"/api/v1/chart/{row['id']}"
        before = session.get(path).json()["result"]["cache_timeout"]
        assert session.put(path, json={"cache_timeout": 4321}).ok
        yield row["id"]
        assert session.put(path, json={"cache_timeout": before}).ok


def test_a_second_pull_fetches_the_one_chart_that_changed(
    superset: SupersetServer, scan: Scan, proxy: FaultyProxy, tmp_path: Path
) -> None:
    cache = ("--cache", str(tmp_path / "pulls"))
    assert scan(*cache) == scan()
    scan(*cache)
    (unchanged,) = exports(proxy)
    assert unchanged.startswith("dataset/export/")
    whole = proxy.bytes_sent
    with chart_changed(superset) as number:
        found = scan(*cache)
        asked = exports(proxy)
        assert len(asked) == 2
        assert asked[0].replace("%28", "(").replace("%29", ")") == f"chart/export/?q=!({number})"
        assert len(proxy.asked) == 10
        assert found == scan()
    assert scan(*cache) == scan()
    assert proxy.bytes_sent > whole


def test_columns_that_are_read_anew_are_seen(
    superset: SupersetServer, scan: Scan, proxy: FaultyProxy, tmp_path: Path
) -> None:
    """Superset leaves a dataset's own moment as it was when it reads columns from the source."""
    from dashlint.sources.rest import Credentials, ServerRequest, open_server

    def columns() -> dict[str, set[str]]:
        request = ServerRequest(superset.url, cache=tmp_path / "pulls")
        with open_server(request, Credentials(username="admin", password="admin")) as server:
            return {d.name: {c.name for c in d.columns} for d in server.read().datasets}

    with superset.session() as session:
        query = "(filters:!((col:table_name,opr:eq,value:flights)))"
        (row,) = session.get("/api/v1/dataset/", params={"q": query}).json()["result"]
        path = f"/api/v1/dataset/{row['id']}"
        detail = session.get(path).json()["result"]
        column = next(c for c in detail["columns"] if c["column_name"] == "TAXI_OUT")
        assert session.delete(f"{path}/column/{column['id']}").ok
        without = columns()["flights"]
        (stale,) = session.get("/api/v1/dataset/", params={"q": query}).json()["result"]
        assert session.put(f"{path}/refresh").ok
        (fresh,) = session.get("/api/v1/dataset/", params={"q": query}).json()["result"]
        assert stale["changed_on_utc"] == fresh["changed_on_utc"]
        assert "TAXI_OUT" not in without
        assert "TAXI_OUT" in columns()["flights"]


def test_an_account_never_sees_what_another_ones_pull_has_kept(
    superset: SupersetServer, scan: Scan, tmp_path: Path
) -> None:
    cache = ("--cache", str(tmp_path / "pulls"))
    scan(*cache)
    seen = scan(*cache, account=superset.viewer)
    assert seen == scan(account=superset.viewer)
    assert seen["summary"]["dashboards"] == 2
    assert scan(*cache, account=superset.viewer) == seen


FAULTS = {
    "drip-headers": STALLS["drip-headers"],
    **{name: REDIRECTS[name] for name in ("redirect-302", "redirect-307")},
    **{
        name: QUICK[name]
        for name in ("reset-in-the-middle", "closed-in-the-middle", "torn-gzip", "bomb", "page", "too-many")
    },
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_real_server_that_fails_at_one_kind_of_answer(
    superset: SupersetServer,
    scan: Scan,
    proxy: FaultyProxy,
    elsewhere: Stub,
    monkeypatch: pytest.MonkeyPatch,
    fault: Any,
) -> None:
    monkeypatch.setattr("dashlint.sources.rest.transport._wait", lambda _: None)
    whole = scan()
    for path in ("assets/export/", r"api/v1/chart/\?", "me/roles"):
        proxy.spoilt = [spoilt := Spoilt(path, fault)]
        found = scan("--timeout", "3")
        assert spoilt.met
        assert "error" in found or found["problems"] or found["summary"] == whole["summary"], path
        assert elsewhere.requests == []
