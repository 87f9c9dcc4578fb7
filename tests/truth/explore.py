"""Lets Explore store query contexts: writes ``data/explore/opened.zip`` and ``saved.zip``.

    python -m tests.truth.explore [--url http://127.0.0.1:8088] --out DIR

Opens every chart of the server in Explore, then saves one of each type that posts queries as a new
chart. Without ``--url``, a Superset with its bundled examples is started. Needs Playwright and a
Chromium, as ``capture.py`` does; takes a quarter of an hour.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from playwright.sync_api import (  # type: ignore[import-not-found, unused-ignore]
    Page,
    Response,
    sync_playwright,
)

from dashlint.superset.queries import is_legacy
from dashlint.superset.settings import Settings
from tests.live.superset_client import SupersetSession
from tests.live.superset_server import start
from tests.truth.capture import ARGUMENTS, log_in, pack


def charts(session: SupersetSession) -> dict[int, str]:
    """Id and type of every chart."""
    found: dict[int, str] = {}
    for number in range(100):
        query = f"(columns:!(id,viz_type),page:{number},page_size:100)"
        rows = session.get(f"/api/v1/chart/?q={query}").json()["result"]
        if not rows:
            break
        found.update((row["id"], row["viz_type"]) for row in rows)
    return dict(sorted(found.items()))


def export(session: SupersetSession, ids: Iterable[int], path: Path) -> None:
    answer = session.get(f"/api/v1/chart/export/?q=!({','.join(map(str, sorted(ids)))})")
    answer.raise_for_status()
    pack(answer.content, path)


def explore(page: Page, url: str, chart_id: int) -> None:
    """Opens a chart and waits until Explore has stored the context that it lacked."""
    with page.expect_response(lambda r: _stores(r, f"/chart/{chart_id}"), timeout=60_000):
        page.goto(f"{url}/explore/?slice_id={chart_id}")


def save(page: Page, url: str, chart_id: int) -> int:
    """Saves a chart as a new one, and gives its id."""
    page.goto(f"{url}/explore/?slice_id={chart_id}")
    page.locator('[data-test="query-save-button"]').click(timeout=60_000)
    page.locator('[data-test="save-as-radio"]').or_(page.get_by_text("Save as...")).first.click()
    with page.expect_response(lambda r: _stores(r, "/chart/"), timeout=60_000) as response:
        page.locator('[data-test="btn-modal-save"], #btn_modal_save').last.click()
    made: int = response.value.json()["id"]
    return made


def _stores(response: Response, end: str) -> bool:
    request = response.request
    return request.url.endswith(end) and "query_context" in (request.post_data or "")


def record(url: str, options: argparse.Namespace) -> None:
    session = SupersetSession(url, options.user, options.password)
    known = charts(session)
    options.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.browser, args=list(ARGUMENTS))
        context = browser.new_context(viewport={"width": 1600, "height": 2600})
        log_in(context.new_page(), url, options)
        page = context.new_page()
        # The context does not depend on the data.
        page.route("**/api/v1/chart/data*", lambda route: route.abort())
        for chart_id in known:
            explore(page, url, chart_id)
        export(session, known, options.out / "opened.zip")
        first: dict[str, int] = {}
        for chart_id, viz_type in known.items():
            if not is_legacy(viz_type, Settings()):
                first.setdefault(viz_type, chart_id)
        saved = [save(page, url, chart_id) for chart_id in first.values()]
        export(session, saved, options.out / "saved.zip")
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--url", help="a Superset that runs; none starts one")
    parser.add_argument("--user", default="admin")
    parser.add_argument("--password", default="admin")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--browser", default="/usr/bin/chromium")
    options = parser.parse_args()
    server: Any = None if options.url else start()
    try:
        record(options.url.rstrip("/") if options.url else server.url, options)
    finally:
        if server is not None:
            server.stop()


if __name__ == "__main__":
    main()
