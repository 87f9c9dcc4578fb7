"""`dashlint warm` on a Superset with Redis as its cache: what a browser then finds in it.

`tests/truth/data/bodies-6.1.0.json.gz` holds the requests that Chromium sent when it opened each example
dashboard of this Superset, to the letter. Superset says of each whether its data came out of the cache.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.superset_builder import UnavailableError
from tests.live.superset_client import SupersetSession
from tests.live.superset_server import SupersetServer, start
from tests.paths import ROOT

pytestmark = pytest.mark.xdist_group("warm")

Sent = list[tuple[str, dict[str, Any]]]
SALES = "Sales Dashboard"
#: A filter of that dashboard (its Country), which exports keep the id of.
COUNTRY = "NATIVE_FILTER-HX2lV--YaAZRQfJ_yfYB2"

_CONFIG = """
_URL = "redis://127.0.0.1:{port}/0"
DATA_CACHE_CONFIG = {{"CACHE_TYPE": "RedisCache", "CACHE_DEFAULT_TIMEOUT": 600,
                      "CACHE_KEY_PREFIX": "{data}", "CACHE_REDIS_URL": _URL}}
CACHE_CONFIG = {{"CACHE_TYPE": "RedisCache", "CACHE_DEFAULT_TIMEOUT": 600,
                 "CACHE_KEY_PREFIX": "{metadata}", "CACHE_REDIS_URL": _URL}}
STORE_CACHE_KEYS_IN_METADATA_DB = True
"""


class Site:
    """A Superset with a Redis of its own."""

    def __init__(self, server: SupersetServer, port: int, config: Path) -> None:
        self.server, self.port, self.config = server, port, config
        self.session: SupersetSession = server.session()

    def empty(self) -> None:
        redis_cli(self.port, "flushall")

    def warm(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        """`dashlint warm` as JSON."""
        command = [sys.executable, "-m", "dashlint", "warm", "--url", self.server.url, "--username", "admin"]
        command += ["--superset-config", str(self.config), "--format", "json", *arguments]
        environment = {
            **os.environ,
            "DASHLINT_PASSWORD": "admin",
            "PYTHONPATH": os.pathsep.join(map(str, (ROOT / "analyzer", ROOT / "rules"))),
        }
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == code, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def browser(self, *titles: str) -> Sent:
        """What a browser sends on opening dashboards, by the ids of this server."""
        path = ROOT / "tests" / "truth" / "data" / "bodies-6.1.0.json.gz"
        recorded = json.loads(gzip.decompress(path.read_bytes()))
        charts = self._ids("chart", "slice_name")
        datasets = self._ids("dataset", "table_name")
        sent = []
        for title in titles or recorded:
            for one in recorded[title]:
                dataset = datasets[one["dataset"]]
                form = {**one["form_data"], "datasource": f"{dataset}__table", "viz_type": one["viz_type"]}
                if one["chart"] is not None:
                    form["slice_id"] = charts[one["chart"]]
                body = {
                    "datasource": {"id": dataset, "type": "table"},
                    "force": False,
                    "queries": one["queries"],
                    "form_data": form,
                    "result_format": "json",
                    "result_type": "full",
                }
                sent.append((one["chart"] or one["filter"], body))
        return sent

    def _ids(self, kind: str, name: str) -> dict[str, int]:
        found: dict[str, int] = {}
        for page in range(3):
            rows = self.session.get(f"/api/v1/{kind}/?q=(page_size:100,page:{page})").json()["result"]
            found.update({row[name]: row["id"] for row in rows})
        return found

    def missed(self, sent: Sent) -> list[str]:
        """Names of the requests that Superset did not answer out of the cache. Asking fills it, too."""
        found = []
        for name, body in sent:
            answer = self.session.post("/api/v1/chart/data", json=body)
            assert answer.status_code == 200, answer.text[:300]
            if not all(one["is_cached"] for one in answer.json()["result"]):
                found.append(name)
        return found

    def save_context(self, body: dict[str, Any]) -> None:
        """Saves with a chart what the browser sends for it, as Explore does."""
        saved = {"query_context": json.dumps(body), "query_context_generation": True}
        assert self.session.put(f"/api/v1/chart/{body['form_data']['slice_id']}", json=saved).ok

    def dashboard(self, title: str) -> dict[str, Any]:
        rows = self.session.get("/api/v1/dashboard/?q=(page_size:100)").json()["result"]
        number = next(row["id"] for row in rows if row["dashboard_title"] == title)
        found: dict[str, Any] = self.session.get(f"/api/v1/dashboard/{number}").json()["result"]
        return found


def redis_cli(port: int, *words: str) -> str:
    done = subprocess.run(["redis-cli", "-p", str(port), *words], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _started(config: Path) -> SupersetServer:
    try:
        return start(config=config)
    except UnavailableError as reason:
        pytest.skip(str(reason))


@contextlib.contextmanager
def site(folder: Path, *, data: str, metadata: str) -> Iterator[Site]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    try:
        until = time.monotonic() + 30
        while redis_cli(port, "ping") != "PONG":
            assert process.poll() is None, "redis-server does not start"
            assert time.monotonic() < until
            time.sleep(0.1)
        config = folder / "more_config.py"
        config.write_text(_CONFIG.format(port=port, data=data, metadata=metadata), encoding="utf-8")
        server = _started(config)
        try:
            yield Site(server, port, config)
        finally:
            server.stop()
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Chart data and metadata in one Redis under prefixes of their own, as is usual."""
    with site(tmp_path_factory.mktemp("apart"), data="superset_data_", metadata="superset_meta_") as found:
        yield found


@pytest.mark.optional
def test_the_browsers_requests_are_hits_after_warming(apart: Site) -> None:
    sent = apart.browser()
    assert len(sent) == 81
    apart.empty()
    # Nothing is there; two requests ask for what another one has asked for just before.
    assert len(apart.missed(sent)) == 79
    apart.empty()
    done = apart.warm("--run")["run"]
    assert (done["failed"], done["hit"]) == (0, 0)
    assert apart.missed(sent) == []
    # Charts that post form data go through warm_up_cache, which asks the database each time.
    again = apart.warm("--run")["run"]
    assert (again["failed"], again["filled"]) == (0, 5)


@pytest.mark.optional
def test_supersets_own_warm_up_misses_what_the_plan_says(apart: Site) -> None:
    """Without saved query contexts, which the examples lack, and then with those that the browser makes."""
    sent = apart.browser()
    charts = apart._ids("chart", "slice_name")

    def told(*, verdict: bool) -> set[str]:
        plan = apart.warm()
        rows = [*plan["entries"], *plan["not_warmed"]]
        return {
            row["name"]
            for row in rows
            if row["chart"] and row["superset_warmup"]["fills"] is verdict and row["way"] == "request"
        }

    def warmed() -> set[str]:
        apart.empty()
        for number in charts.values():
            apart.session.put("/api/v1/chart/warm_up_cache", json={"chart_id": number})
        return {name for name, body in sent if body["form_data"].get("slice_id")} - set(apart.missed(sent))

    # A second request for the same entry finds what the first one stored, whoever warmed.
    assert told(verdict=True) == set()
    assert len(warmed()) <= 2
    for name, body in sent:
        if name in charts:
            apart.save_context(body)
    found = warmed()
    assert len(found) > 60
    assert told(verdict=True) <= found
    assert not {name for name in told(verdict=False) if name in found and not name.startswith("Deck.gl")}


@pytest.mark.optional
def test_default_values_of_filters(apart: Site) -> None:
    """Superset's warm-up ignores them, dashlint's does not; `extra_filters` fit charts without filters."""
    dashboard = apart.dashboard(SALES)
    before = dashboard["json_metadata"]
    metadata = json.loads(before)
    chosen = {"col": "country", "op": "IN", "val": ["USA"]}
    for one in metadata["native_filter_configuration"]:
        if one["id"] == COUNTRY:
            one["defaultDataMask"] = {
                "extraFormData": {"filters": [chosen]},
                "filterState": {"value": ["USA"], "label": "USA"},
            }
    apart.session.put(f"/api/v1/dashboard/{dashboard['id']}", json={"json_metadata": json.dumps(metadata)})
    try:
        sent = []
        for name, body in apart.browser(SALES):
            if body["form_data"].get("slice_id"):
                apart.save_context(body)
                # The browser puts what filters add before a chart's own filters.
                queries = [{**q, "filters": [chosen, *q["filters"]]} for q in body["queries"]]
                sent.append((name, {**body, "queries": queries}))
        assert len(sent) == 6
        apart.empty()
        for _name, body in sent:
            chart = {"chart_id": body["form_data"]["slice_id"], "dashboard_id": dashboard["id"]}
            apart.session.put("/api/v1/chart/warm_up_cache", json=chart)
        assert len(apart.missed(sent)) == 6
        apart.empty()
        for _name, body in sent:
            chart = {"chart_id": body["form_data"]["slice_id"], "dashboard_id": dashboard["id"]}
            extra = {**chart, "extra_filters": json.dumps([chosen])}
            answer = apart.session.put("/api/v1/chart/warm_up_cache", json=extra)
            assert answer.json()["result"][0]["viz_error"] is None, answer.text
        by_extra = {name for name, _body in sent} - set(apart.missed(sent))
        assert by_extra == {
            name for name, body in sent if all(q["filters"] == [chosen] for q in body["queries"])
        }
        apart.empty()
        plan = apart.warm("--dashboard", SALES, "--run")
        assert apart.missed(sent) == []
        mine = [row for row in plan["entries"] if row["chart"]]
        assert all(row["superset_warmup"]["fills"] is False for row in mine)
        assert "default values of filters" in mine[0]["superset_warmup"]["why"]
    finally:
        apart.session.put(f"/api/v1/dashboard/{dashboard['id']}", json={"json_metadata": before})


@pytest.mark.optional
def test_changed_tables_are_asked_past_the_cache(apart: Site) -> None:
    apart.empty()
    apart.warm("--dashboard", SALES, "--run")
    times = dict(cached_at(apart))
    time.sleep(1.1)  # Superset notes the time in whole seconds
    done = apart.warm("--dashboard", SALES, "--changed", "cleaned_sales_data", "--run")["run"]
    assert done["forced"]
    assert (done["hit"], done["failed"]) == (0, 0)
    now = dict(cached_at(apart))
    assert all(now[name] > times[name] for name in times)
    other = apart.warm("--dashboard", SALES, "--changed", "birth_names", "--run")
    assert other["entries"] == []


@pytest.mark.optional
def test_invalidation_reaches_only_a_shared_prefix(apart: Site, tmp_path: Path) -> None:
    asked = ("--dashboard", SALES, "--changed", "cleaned_sales_data", "--invalidate", "--run")
    apart.empty()
    filled = apart.warm("--dashboard", SALES, "--run")["run"]["filled"]
    done = apart.warm(*asked)["run"]
    assert (done["invalidated_datasets"], done["hit"], done["filled"]) == (1, filled, 0)
    with site(tmp_path, data="superset_", metadata="superset_") as shared:
        sent = shared.browser(SALES)
        shared.warm("--dashboard", SALES, "--run")
        assert shared.missed(sent) == []
        done = shared.warm(*asked)["run"]
        assert (done["hit"], done["filled"]) == (0, filled)
        assert shared.missed(sent) == []


def cached_at(there: Site) -> Iterator[tuple[str, str]]:
    for name, body in there.browser(SALES):
        answer = there.session.post("/api/v1/chart/data", json=body).json()["result"][0]
        assert answer["is_cached"]
        yield name, answer["cached_dttm"]
