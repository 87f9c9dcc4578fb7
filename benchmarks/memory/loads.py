"""Loads of the example's dashboards on a real Superset: predicted and measured growth of its one worker.

    python benchmarks/memory/loads.py --prefix hp_example_ [--redis redis://127.0.0.1:6379/13]

Needs what tests/live needs, and the example's databases (``make example`` leaves them, under that prefix).
The requests that dashlint predicts for a load are sent over HTTP, all at once; a browser with HTTP/1.1 sends
six at a time. For each dashboard a server of its own is started, warmed up with the same requests of seven
rows, and the kernel's high-water mark of its worker is read (VmHWM in /proc/PID/status) once set back.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import tempfile
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from dashlint.analysis import Analysis  # noqa: E402
from dashlint.assets import Dashboard  # noqa: E402
from dashlint.catalog.load import CatalogSet, load  # noqa: E402
from dashlint.cost.capacity import Deployment, peak  # noqa: E402
from dashlint.lint.amounts import size  # noqa: E402
from dashlint.sources import read  # noqa: E402
from dashlint.superset.query import Request  # noqa: E402
from dashlint.superset.settings import Settings  # noqa: E402
from tests.live.superset_client import SupersetSession  # noqa: E402
from tests.live.superset_server import SupersetServer, start  # noqa: E402

EXPORT = ROOT / "fixtures" / "exports" / "harbour-and-pine"
CATALOG = ROOT / "fixtures" / "exports" / "harbour-and-pine-catalog"
COMPANY = ROOT / "fixtures" / "company" / "superset_config.py"
#: Threads of the server's one worker (tests/live/recipe/gunicorn_conf.py).
THREADS = 20


def main() -> None:
    """Prints a row for each dashboard."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prefix", default="hp_example_", help="of the example's databases")
    parser.add_argument("--redis", default="redis://127.0.0.1:6379/13", help="a database that may be filled")
    parser.add_argument("--at-once", type=int, default=THREADS, help="requests in flight")
    options = parser.parse_args()
    os.environ["EXAMPLE_DATABASE_PREFIX"] = options.prefix
    catalogs, _problems = load([CATALOG])
    settings = Settings(
        version="6.1",
        data_cache_type="RedisCache",
        feature_flags={"ENABLE_TEMPLATE_PROCESSING": True},
        given=frozenset({"DATA_CACHE_CONFIG"}),
    )
    analysis = Analysis(read([str(EXPORT)]), settings, CatalogSet(catalogs), datetime.now())  # noqa: DTZ005
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.py"
        cache = {"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": options.redis, "CACHE_DEFAULT_TIMEOUT": 600}
        config.write_text(f"{COMPANY.read_text('utf-8')}\nDATA_CACHE_CONFIG = {cache!r}\n", "utf-8")
        for dashboard in analysis.workspace.dashboards:
            measure(analysis, dashboard, config, options.at_once)


def measure(analysis: Analysis, dashboard: Dashboard, config: Path, at_once: int) -> None:
    """One dashboard on a fresh server."""
    sent = [r for r in analysis.load(dashboard).requests if r.queries]
    costs = [analysis.request_costs(request, dashboard).cold for request in sent]
    together = peak(costs, Deployment(threads=min(at_once, THREADS)))
    at_rest = peak([], Deployment()).worker.expected or 0
    server = start(config=config)
    try:
        session = SupersetSession(server.url, server.username, server.password)
        install(session)
        known = {
            d["uuid"]: d["id"]
            for d in session.get("/api/v1/dataset/?q=(columns:!(id,uuid),page_size:200)").json()["result"]
        }
        bodies = []
        for request in sent:
            dataset = analysis.request_dataset(request, dashboard)
            if dataset is not None:
                bodies.append(body(known[dataset.uuid], queries_of(request)))
        small = [{**b, "queries": [{**q, "row_limit": 7} for q in b["queries"]]} for b in bodies]
        for _ in range(2):
            post(session, small, at_once)
        worker = worker_of(server)
        Path(f"/proc/{worker}/clear_refs").write_text("5", "ascii")
        before = status(worker, "VmRSS")
        began = time.monotonic()
        refused = post(session, bodies, at_once)
        grown = status(worker, "VmHWM") - before
        stays = status(worker, "VmRSS") - before
        expected, upper = (
            None if n is None else n - at_rest for n in (together.worker.expected, together.worker.upper)
        )
        known_part = sum(c.expected if c.expected is not None else 0 for c in costs)
        print(
            f"{dashboard.title} | {len(bodies)} ({refused} refused) | {size(expected)} "
            f"(known parts {size(known_part)}) | {size(upper)} | {size(grown)} | stays {size(stays)} | "
            f"{time.monotonic() - began:.0f} s",
            flush=True,
        )
    finally:
        server.stop()


def queries_of(request: Request) -> list[dict[str, Any]]:
    """The predicted queries; post-processing, of which predictions know only the names, is the saved one."""
    context = request.chart.query_context if request.chart is not None else None
    saved = [q.get("post_processing") or [] for q in (context or {}).get("queries", [])]
    found = []
    for number, query in enumerate(request.queries):
        steps = saved[number] if number < len(saved) else []
        named = tuple(step["operation"] for step in steps if step)
        found.append({**query.raw, "post_processing": steps if named == query.post_processing else []})
    return found


def body(datasource: int, queries: list[dict[str, Any]]) -> dict[str, Any]:
    """A request past the cache, whose results are stored all the same."""
    return {
        "datasource": {"id": datasource, "type": "table"},
        "queries": queries,
        "result_type": "full",
        "result_format": "json",
        "force": True,
    }


def post(session: SupersetSession, bodies: list[dict[str, Any]], at_once: int) -> int:
    """Sends requests, so many at a time, and counts those that were refused."""

    def one(sent: dict[str, Any]) -> bool:
        # ``undefined`` in a list is sent as null.
        text = json.dumps(sent, default=lambda _: None)
        answer = session.post("/api/v1/chart/data", data=text, headers={"Content-Type": "application/json"})
        if not answer.ok:
            print(answer.status_code, answer.text[:200], file=sys.stderr)
        return answer.ok

    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(one, bodies)).count(False)


def install(session: SupersetSession) -> None:
    """Imports the example's dashboards."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(EXPORT.rglob("*.yaml")):
            archive.write(path, Path("export") / path.relative_to(EXPORT))
    passwords = {f"databases/{p.name}": "secret" for p in (EXPORT / "databases").glob("*.yaml")}
    answer = session.post(
        "/api/v1/assets/import/",
        files={"bundle": ("export.zip", packed.getvalue(), "application/zip")},
        data={"passwords": json.dumps(passwords), "sparse": "false"},
    )
    answer.raise_for_status()


def worker_of(server: SupersetServer) -> int:
    """The process of the server's one worker."""
    master = json.loads((server.home / "server.json").read_text("utf-8"))["pid"]
    return int(Path(f"/proc/{master}/task/{master}/children").read_text("ascii").split()[0])


def status(pid: int, key: str) -> int:
    """A figure of /proc/PID/status in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) * 1024
    raise KeyError(key)


if __name__ == "__main__":
    main()
