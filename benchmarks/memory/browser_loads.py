"""Dashboards opened in Chromium on a real Superset: predicted and measured growth of its one worker.

    python benchmarks/memory/browser_loads.py [examples] [company] [--prefix hp_example_] [--redis URL]

Like ``loads.py``, which sends predicted requests over HTTP, but with the requests of a browser: at most
six at a time. A worker is warmed up by the same page with row limits of seven. ``examples`` are
Superset's own dashboards (their statistics are counted in the examples' SQLite), ``company`` those of
the bundled example. Needs Playwright, a Chromium and redis-cli, too.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import (  # type: ignore[import-not-found, unused-ignore]  # noqa: E402
    Route,
    sync_playwright,
)

from benchmarks.memory.loads import CATALOG, COMPANY, EXPORT, install, status, worker_of  # noqa: E402
from dashlint.analysis import Analysis  # noqa: E402
from dashlint.assets import Dashboard  # noqa: E402
from dashlint.catalog.load import CatalogSet, load  # noqa: E402
from dashlint.cost.capacity import Deployment, peak  # noqa: E402
from dashlint.lint.amounts import size  # noqa: E402
from dashlint.sources import read  # noqa: E402
from dashlint.superset.settings import Settings  # noqa: E402
from tests.live.superset_server import SupersetServer, start  # noqa: E402
from tests.truth.capture import ARGUMENTS, log_in  # noqa: E402

#: Requests that a browser has under way at one host over HTTP/1.1.
AT_ONCE = 6
#: Rows of the load that warms a worker up: all of its code runs, and next to no memory is left behind.
FEW = 7


def main() -> None:
    """Prints a row for each dashboard."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("sets", nargs="*", default=["examples", "company"])
    parser.add_argument("--prefix", default="hp_example_", help="of the example's databases")
    parser.add_argument("--redis", default="redis://127.0.0.1:6379/13", help="a database that may be emptied")
    parser.add_argument("--browser", default="/usr/bin/chromium")
    options = parser.parse_args()
    os.environ["EXAMPLE_DATABASE_PREFIX"] = options.prefix
    cache = {"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": options.redis, "CACHE_DEFAULT_TIMEOUT": 600}
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.py"
        config.write_text(f"{COMPANY.read_text('utf-8')}\nDATA_CACHE_CONFIG = {cache!r}\n", "utf-8")
        for name in options.sets:
            analysis = analysed(name, config, Path(folder))
            for dashboard in analysis.workspace.dashboards:
                measure(name, analysis, dashboard, config, options)


def analysed(name: str, config: Path, folder: Path) -> Analysis:
    """What dashlint knows: an export, and statistics."""
    settings = Settings(
        version="6.1",
        data_cache_type="RedisCache",
        feature_flags={"ENABLE_TEMPLATE_PROCESSING": True},
        given=frozenset({"DATA_CACHE_CONFIG"}),
    )
    now = datetime.now()  # noqa: DTZ005 - as Superset has it
    if name == "company":
        catalogs, _problems = load([CATALOG])
        return Analysis(read([str(EXPORT)]), settings, CatalogSet(catalogs), now)
    server = start(config=config)
    try:
        (folder / "examples.zip").write_bytes(server.export_assets())
        (folder / "statistics.json").write_text(json.dumps(counted(server.home / "examples.db")), "utf-8")
    finally:
        server.stop()
    catalogs, _problems = load([folder / "statistics.json"])
    return Analysis(read(folder / "examples.zip"), settings, CatalogSet(catalogs), now)


def counted(path: Path) -> dict[str, Any]:
    """Row counts and column statistics of a small SQLite database, counted in full."""
    tables = []
    with closing(sqlite3.connect(path)) as connection:
        names = [r[0] for r in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            columns = connection.execute(f'PRAGMA table_info("{name}")').fetchall()
            (rows,) = connection.execute(f'SELECT COUNT(*) FROM "{name}"').fetchone()
            described = []
            for column in columns:
                quoted = '"' + column[1].replace('"', '""') + '"'
                figures = connection.execute(
                    f"SELECT COUNT(DISTINCT {quoted}), COUNT({quoted}), AVG(LENGTH({quoted})), "
                    f'MIN({quoted}), MAX({quoted}) FROM "{name}"'
                ).fetchone()
                distinct, known, width, least, most = figures
                described.append(
                    {
                        "name": column[1],
                        "type": column[2] or "TEXT",
                        "distinct": distinct,
                        "null_fraction": round(1 - known / rows, 4) if rows else 0,
                        "average_width": width,
                        "minimum": None if least is None else str(least),
                        "maximum": None if most is None else str(most),
                    }
                )
            tables.append({"schema": "main", "name": name, "rows": rows, "columns": described})
    return {"version": 1, "engine": "sqlite", "database": "examples", "tables": tables}


def measure(
    name: str, analysis: Analysis, dashboard: Dashboard, config: Path, options: argparse.Namespace
) -> None:
    """One dashboard in a fresh browser on a fresh server."""
    costs = [analysis.request_costs(r, dashboard).cold for r in analysis.load(dashboard).requests]
    together = peak(costs, Deployment(threads=AT_ONCE))
    at_rest = peak([], Deployment()).worker.expected or 0
    known = sum(c.expected or 0 for c in costs)
    server = start(config=config)
    try:
        before, highest, sent = opened(name, server, dashboard, options)
    finally:
        server.stop()
    expected, upper = (
        None if n is None else max(0, n - at_rest) for n in (together.worker.expected, together.worker.upper)
    )
    print(
        f"| {dashboard.title} | {sent} of {len(costs)} | {size(expected)} (known parts {size(known)}) "
        f"| {size(upper)} | {size(highest - before)} |",
        flush=True,
    )


def opened(
    name: str, server: SupersetServer, dashboard: Dashboard, options: argparse.Namespace
) -> tuple[int, int, int]:
    """Resident bytes before, at the peak, and how many data requests the page sent."""
    from tests.live.superset_client import SupersetSession

    session = SupersetSession(server.url, server.username, server.password)
    if name == "company":
        install(session)
    listed = session.get("/api/v1/dashboard/?q=(columns:!(id,uuid),page_size:100)").json()
    ids = {d["uuid"]: d["id"] for d in listed["result"]}
    given = argparse.Namespace(user=server.username, password=server.password)
    sent: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.browser, args=list(ARGUMENTS))
        context = browser.new_context(viewport={"width": 1600, "height": 8000})
        log_in(context.new_page(), server.url, given)

        def visit(dashboard_id: int, *, few: bool = False) -> None:
            page = context.new_page()
            if few:
                page.route("**/api/v1/chart/data*", with_few_rows)
            page.on("request", lambda r: sent.append(r.url) if "chart/data" in r.url else None)
            page.on("request", lambda r: sent.append(r.url) if "explore_json" in r.url else None)
            page.goto(f"{server.url}/superset/dashboard/{dashboard_id}/", timeout=120_000)
            page.wait_for_load_state("networkidle", timeout=180_000)
            page.close()

        for _ in range(2):
            visit(ids[dashboard.uuid], few=True)
        subprocess.run(["redis-cli", "-u", options.redis, "flushdb"], check=True, capture_output=True)
        sent.clear()
        worker = worker_of(server)
        Path(f"/proc/{worker}/clear_refs").write_text("5", "ascii")
        before = status(worker, "VmRSS")
        visit(ids[dashboard.uuid])
        highest = status(worker, "VmHWM")
        browser.close()
    return before, highest, len(sent)


def with_few_rows(route: Route) -> None:
    """Sends a request on with another row limit."""
    body = json.loads(route.request.post_data or "{}")
    for query in body.get("queries", ()):
        query["row_limit"] = FEW
    route.continue_(post_data=json.dumps(body))


if __name__ == "__main__":
    main()
