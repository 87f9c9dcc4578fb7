"""The Superset that other tests rely on is the one they think it is."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile

import pytest
import requests

from tests.live import superset_server
from tests.live.superset_releases import DEFAULT, RELEASES
from tests.live.superset_runs import running
from tests.live.superset_server import SupersetServer


def _count(session: requests.Session, kind: str) -> int:
    answer = session.get(f"/api/v1/{kind}/")
    answer.raise_for_status()
    count: int = answer.json()["count"]
    return count


def _files(archive: bytes, folder: str) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(archive)) as export:
        return [name for name in export.namelist() if name.split("/")[1] == folder]


def test_is_healthy_and_the_release_that_was_asked_for(superset: SupersetServer) -> None:
    assert requests.get(f"{superset.url}/health", timeout=60).text == "OK"
    with superset.session() as session:
        assert session.get("/version").json()["version_string"] == DEFAULT


def test_has_all_examples(superset: SupersetServer) -> None:
    with superset.session() as session:
        found = tuple(_count(session, kind) for kind in ("dashboard", "chart", "dataset"))
    assert found == RELEASES[DEFAULT].examples


def test_answers_queries_from_its_own_copy_of_the_data(superset: SupersetServer) -> None:
    with superset.session() as session:
        (database,) = session.get("/api/v1/database/").json()["result"]
        connection = session.get(f"/api/v1/database/{database['id']}/connection").json()["result"]
        datasets = session.get("/api/v1/dataset/?q=(page_size:100)").json()["result"]
        flights = next(dataset["id"] for dataset in datasets if dataset["table_name"] == "flights")
        query = {"metrics": ["count"]}
        body = {"datasource": {"id": flights, "type": "table"}, "queries": [query]}
        answer = session.post("/api/v1/chart/data", json=body)
    assert str(superset.home) in connection["sqlalchemy_uri"]
    # The 55,105 rows that Superset's own loader reports.
    assert answer.json()["result"][0]["data"] == [{"count": 55105}]


@pytest.mark.parametrize(
    ("name", "dashboards"),
    [("admin", 9), ("alpha", 9), ("viewer", 2), ("newcomer", 0)],
)
def test_accounts_see_what_their_roles_allow(superset: SupersetServer, name: str, dashboards: int) -> None:
    with superset.session(getattr(superset, name)) as session:
        assert session.get("/api/v1/me/").json()["result"]["username"] == name
        assert _count(session, "dashboard") == dashboards


def test_exports_the_dashboards_that_were_asked_for(superset: SupersetServer) -> None:
    with superset.session() as session:
        ids = session.get("/api/v1/dashboard/").json()["ids"]
    assert len(_files(superset.export_dashboards(ids[:2]), "dashboards")) == 2


def test_exports_everything(superset: SupersetServer) -> None:
    archive = superset.export_assets()
    found = tuple(len(_files(archive, folder)) for folder in ("dashboards", "charts", "datasets"))
    assert found == RELEASES[DEFAULT].examples


def test_serves_by_hand_until_ended_and_leaves_nothing_behind(superset: SupersetServer) -> None:
    command = [sys.executable, superset_server.__file__, "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as by_hand:
        assert by_hand.stdout is not None
        url = by_hand.stdout.readline().split()[-1]
        home = running()[url]
        assert requests.get(f"{url}/health", timeout=60).text == "OK"
        by_hand.terminate()
    assert by_hand.returncode == 0
    assert url not in running()
    assert superset.url in running()
    assert not home.exists()
