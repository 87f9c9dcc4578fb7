"""Records what a browser sends for a dashboard, in the shape of ``data/*.json``.

    python -m tests.truth.capture --url http://127.0.0.1:8088 --out DIR [ID …]
    python -m tests.truth.capture --out DIR --made-up [MODULE] [--only TITLE]

Without ``--url``, a Superset of its own is started (see ``tests/live``). ``--made-up`` creates the
dashboards of ``made_up`` (or of another module beside it) there and records these alone. Needs Playwright
(``pip install playwright``) and a Chromium (``--browser``, or ``/usr/bin/chromium``). Each dashboard is
opened anew for each filter, for the refresh and for a click in a table; beside the JSON goes the
dashboard's export. ``data/README.md`` tells what the phases and keys mean.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import tempfile
import zipfile
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (  # type: ignore[import-not-found, unused-ignore]
    Page,
    Route,
    sync_playwright,
)

from tests.live.superset_client import SupersetSession
from tests.live.superset_releases import DEFAULT
from tests.live.superset_server import start
from tests.truth.making import create
from tests.truth.visitor import Visitor

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
#: The page does not learn that a program looks at it: then it draws only what is near the screen.
UNNOTICED = "--disable-blink-features=AutomationControlled"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("dashboards", nargs="*", type=int, help="ids; none for all")
    parser.add_argument("--url", help="a Superset that runs; none starts one")
    parser.add_argument(
        "--made-up",
        nargs="?",
        const="made_up",
        metavar="MODULE",
        help="create and record the dashboards of a module (%(const)s)",
    )
    parser.add_argument("--unnoticed", action="store_true", help="do not tell the page who looks at it")
    parser.add_argument("--only", action="append", default=[], help="title of a made-up dashboard")
    parser.add_argument("--load-only", action="store_true", help="record how they open, nothing else")
    parser.add_argument("--click-charts", action="store_true", help="click in charts that are no tables, too")
    parser.add_argument("--version", default=DEFAULT, help="of the Superset to start (default: %(default)s)")
    parser.add_argument("--user", default="admin")
    parser.add_argument("--password", default="admin")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--browser", default="/usr/bin/chromium")
    options = parser.parse_args()
    if options.url:
        record(options.url.rstrip("/"), options)
        return
    made_up = import_module(f"tests.truth.{options.made_up}") if options.made_up else None
    with tempfile.NamedTemporaryFile("w", suffix=".py") as config:
        config.write(getattr(made_up, "CONFIG", ""))
        config.flush()
        server = start(options.version, config=Path(config.name))
    try:
        record(server.url, options)
    finally:
        server.stop()


def record(url: str, options: argparse.Namespace) -> None:
    """Records the dashboards that were asked for, and exports them."""
    wanted = list(options.dashboards)
    if options.made_up:
        module = import_module(f"tests.truth.{options.made_up}")
        session = SupersetSession(url, options.user, options.password)
        wanted += create(session, module.everything(), options.only)
    (options.out / "exports").mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        arguments = [*ARGUMENTS, UNNOTICED] if options.unnoticed else list(ARGUMENTS)
        browser = playwright.chromium.launch(executable_path=options.browser, args=arguments)
        # Taller than any dashboard: with a small window, charts out of sight are drawn later.
        context = browser.new_context(viewport={"width": 1600, "height": 8000})
        # Tiles of maps come from elsewhere: without them a page is idle sooner.
        context.route(re.compile(f"^https?://(?!{re.escape(urlsplit(url).netloc)})"), _refuse)
        log_in(context.new_page(), url, options)
        version = context.request.get(f"{url}/version")
        known = version.json().get("version_string") if version.ok else None
        for dashboard_id in wanted or _all_ids(context, f"{url}/api/v1"):
            _record_one(context, url, dashboard_id, known, options)
        browser.close()


def _refuse(route: Route) -> None:
    route.abort()


def log_in(page: Page, url: str, options: argparse.Namespace) -> None:
    page.goto(f"{url}/login/")
    page.wait_for_selector("#username", timeout=60_000)
    page.fill("#username", options.user)
    page.fill("#password", options.password)
    page.press("#password", "Enter")
    page.wait_for_url(re.compile("welcome|dashboard/list"), timeout=60_000)
    page.close()


def _record_one(
    context: Any, url: str, dashboard_id: int, version: str | None, options: argparse.Namespace
) -> None:
    found = context.request.get(f"{url}/api/v1/dashboard/{dashboard_id}").json()["result"]
    name = re.sub("[^a-z0-9]+", "_", found["dashboard_title"].lower()).strip("_")
    print(name, flush=True)  # noqa: T201 - a script
    page = context.new_page()
    visitor = Visitor(page, url, found)
    visitor.visit(load_only=options.load_only, again=options.unnoticed)
    if options.click_charts:
        visitor.click_charts()
    page.close()
    capture = {
        "dashboard": found["dashboard_title"],
        "id": dashboard_id,
        "superset": version,
        "phases": visitor.phases,
    }
    (options.out / f"{name}.json").write_text(json.dumps(capture, separators=(",", ":")), "utf-8")
    export = context.request.get(f"{url}/api/v1/dashboard/export/?q=!({dashboard_id})")
    pack(export.body(), options.out / "exports" / f"{name}.zip")


def pack(exported: bytes, path: Path) -> None:
    """Writes an export compressed, and without the place of the examples' database on this machine."""
    with (
        zipfile.ZipFile(io.BytesIO(exported)) as source,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            text = source.read(name).decode()
            target.writestr(name, re.sub(r"sqlite:///\S*/", "sqlite:////examples/", text))


def _all_ids(context: Any, api: str) -> list[int]:
    query = "(columns:!(id),page_size:100,order_column:id,order_direction:asc)"
    answer = context.request.get(f"{api}/dashboard/?q={query}").json()
    return sorted(item["id"] for item in answer["result"])


if __name__ == "__main__":
    main()
