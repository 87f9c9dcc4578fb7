"""What one request costs a worker in CPU, and how long it takes, cold and cached: each alone, three times.

    PYTHONPATH=. python -m benchmarks.capacity.alone --prefix hp_example_ --redis redis://127.0.0.1:6379/13

Prints CSV: dashboard, statements, rows, columns, bytes of the answer, CPU and wall-clock seconds, each cold
and cached.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import subprocess
import sys
import time
from datetime import datetime
from typing import Any

from benchmarks.capacity.served import Served, cpu_seconds, served
from benchmarks.memory.loads import CATALOG, EXPORT, body, queries_of
from dashlint.analysis import Analysis
from dashlint.assets import Dashboard
from dashlint.catalog.load import CatalogSet, load
from dashlint.sources import read
from dashlint.superset.query import Request
from dashlint.superset.settings import Settings
from tests.live.superset_client import SupersetSession


def analysed() -> Analysis:
    """The example with its catalogue."""
    catalogs, _problems = load([CATALOG])
    settings = Settings(
        version="6.1",
        data_cache_type="RedisCache",
        data_cache_default_timeout=600,
        auto_refresh_mode="fetch",
        feature_flags={"ENABLE_TEMPLATE_PROCESSING": True},
        given=frozenset({"DATA_CACHE_CONFIG"}),
    )
    return Analysis(read([str(EXPORT)]), settings, CatalogSet(catalogs), datetime.now())  # noqa: DTZ005


def requests_of(
    analysis: Analysis, dashboard: Dashboard, session: SupersetSession, event: str = "load"
) -> list[tuple[Request, dict[str, Any]]]:
    """The predicted requests of an event that go to chart/data, with bodies that read the cache."""
    asked = session.get("/api/v1/dataset/?q=(columns:!(id,uuid),page_size:200)").json()["result"]
    known = {d["uuid"]: d["id"] for d in asked}
    found = []
    for request in analysis.event(dashboard, event).requests:
        dataset = analysis.request_dataset(request, dashboard)
        if request.queries and dataset is not None:
            sent = {**body(known[dataset.uuid], queries_of(request)), "force": request.force}
            if request.cache_timeout is not None:
                sent["custom_cache_timeout"] = request.cache_timeout.seconds
            found.append((request, sent))
    return found


def main() -> None:
    """Prints a line for each request."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--prefix", default="hp_example_")
    parser.add_argument("--redis", default="redis://127.0.0.1:6379/13", help="a database that may be emptied")
    options = parser.parse_args()
    analysis = analysed()
    out = csv.writer(sys.stdout)
    out.writerow(
        [
            "dashboard",
            "statements",
            "rows",
            "columns",
            "bytes",
            "cpu_cold",
            "cpu_hit",
            "seconds_cold",
            "seconds_hit",
        ]
    )
    with served(options.redis, options.prefix, workers=1, threads=4) as server, server.session() as session:
        for dashboard in analysis.workspace.dashboards:
            for request, sent in requests_of(analysis, dashboard, session):
                statements = sum(1 + len(query.time_offsets) for query in request.queries)
                out.writerow([dashboard.title, statements, *measure(server, session, sent, options.redis)])
                sys.stdout.flush()
            out.writerow([f"{dashboard.title} (page)", "", *page(server, session, dashboard)])


def measure(server: Served, session: SupersetSession, sent: dict[str, Any], redis: str) -> list[object]:
    """Medians of three cold runs and three hits."""
    figures: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
    session.post("/api/v1/chart/data", json=sent)
    answer = None
    for hit in (False, True) * 3:
        if not hit:
            subprocess.run(["redis-cli", "-u", redis, "flushdb"], check=True, capture_output=True)
        before, began = cpu_seconds(server.workers), time.monotonic()
        answer = session.post("/api/v1/chart/data", json=sent)
        figures[hit].append((cpu_seconds(server.workers) - before, time.monotonic() - began))
    assert answer is not None
    if not answer.ok:
        return ["", "", len(answer.content), "", "", "", ""]
    result = answer.json()["result"]
    cold, hits = figures[False], figures[True]
    return [
        sum(r.get("rowcount") or 0 for r in result),
        max(len(r.get("colnames") or ()) for r in result),
        len(answer.content),
        *(round(statistics.median(one[0] for one in runs), 3) for runs in (cold, hits)),
        *(round(statistics.median(one[1] for one in runs), 3) for runs in (cold, hits)),
    ]


def page(server: Served, session: SupersetSession, dashboard: Dashboard) -> list[object]:
    """What a page asks for besides chart data: itself, its metadata, charts and datasets; median of three."""
    listed = session.get("/api/v1/dashboard/?q=(columns:!(id,uuid),page_size:100)").json()["result"]
    (number,) = (one["id"] for one in listed if one["uuid"] == dashboard.uuid)
    api = f"/api/v1/dashboard/{number}"
    paths = (f"/superset/dashboard/{number}/", api, f"{api}/charts", f"{api}/datasets")
    figures, size = [], 0
    for _ in range(3):
        before, began = cpu_seconds(server.workers), time.monotonic()
        size = sum(len(session.get(path).content) for path in paths)
        figures.append((cpu_seconds(server.workers) - before, time.monotonic() - began))
    cpu, seconds = (round(statistics.median(values), 3) for values in zip(*figures, strict=True))
    return ["", "", size, cpu, "", seconds, ""]


if __name__ == "__main__":
    main()
