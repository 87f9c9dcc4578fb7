"""Records what a browser sends for a dashboard, in the shape of ``data/*.json``.

    python -m tests.truth.capture --url http://127.0.0.1:8088 --out DIR [--made-up [--only TITLE]] [ID …]

Without ``--url``, a Superset of its own is started (see ``tests/live``). ``--made-up`` creates the
dashboards of ``made_up`` there and records these alone. Needs Playwright (``pip install playwright``)
and a Chromium (``--browser``, or ``/usr/bin/chromium``). Each dashboard is opened anew for each filter,
for the refresh and for a click in a table; beside the JSON goes the dashboard's export.
``data/README.md`` tells what the phases and keys mean.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (  # type: ignore[import-not-found, unused-ignore]
    Locator,
    Page,
    Route,
    sync_playwright,
)

from tests.live.superset_client import SupersetSession
from tests.live.superset_releases import DEFAULT
from tests.live.superset_server import start
from tests.truth.making import create
from tests.truth.recorder import QUIET, QUIET_BETWEEN, Recorder

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

#: Tables of one dashboard that are clicked.
MOST_CLICKS = 4


class Visitor:
    """Does to one dashboard what a user would, and records each step as a phase."""

    def __init__(self, page: Page, url: str, dashboard: Mapping[str, Any]) -> None:
        self._page = page
        self._url = f"{url}/superset/dashboard/{dashboard['id']}/"
        self._recorder = Recorder(page)
        metadata = json.loads(dashboard["json_metadata"] or "{}")
        self._position = json.loads(dashboard["position_json"] or "{}")
        self._filters = [
            f for f in metadata.get("native_filter_configuration") or [] if f.get("type") != "DIVIDER"
        ]
        #: Only a required filter without a value keeps Apply disabled once a value is picked.
        self._required = any((f.get("controlValues") or {}).get("enableEmptyFilter") for f in self._filters)
        self.phases: list[dict[str, Any]] = []

    def visit(self, *, load_only: bool = False) -> None:
        self._load("load")
        if load_only:
            return
        tabs = list(self._tabs())
        for tab in tabs:
            self._step(f"tab:{tab}", self._tab(tab).click)
        self._load(None)
        self._step("force_refresh", self._refresh)
        for native_filter in self._filters:
            self._load(None)
            self._change(native_filter, "filter")
        if tabs:
            for native_filter in self._filters:
                self._load(None)
                self._step(None, lambda: self._open_all(tabs))
                self._change(native_filter, "filter_after_all_tabs")
        self._click_tables()

    def _step(self, phase: str | None, action: Any, **more: Any) -> list[dict[str, Any]]:
        self._recorder.start()
        action()
        sent = self._recorder.settle(QUIET_BETWEEN if phase is None else QUIET)
        if phase is not None:
            self.phases.append({"phase": phase, **more, "requests": sent})
            print(f"  {phase}: {len(sent)}", flush=True)  # noqa: T201 - a script
        return sent

    def _load(self, phase: str | None) -> None:
        def load() -> None:
            self._page.goto(self._url)
            # On a busy machine the page needs longer than QUIET before it asks for anything.
            self._page.wait_for_load_state("networkidle", timeout=60_000)

        self._step(phase, load)

    def _tabs(self) -> Iterator[str]:
        """The texts of the tabs that are not open at the start, in the order of the layout."""
        opened: set[str] = set()

        def walk(node_id: str, *, visible: bool) -> Iterator[tuple[str, bool]]:
            node = self._position.get(node_id) or {}
            for index, child in enumerate(node.get("children") or []):
                if node.get("type") == "TABS":
                    yield child, visible and index == 0
                    yield from walk(child, visible=visible and index == 0)
                else:
                    yield from walk(child, visible=visible)

        order = list(walk("ROOT_ID", visible=True))
        opened.update(tab for tab, visible in order if visible)
        for tab, _ in order:
            if tab not in opened:
                yield str(self._position[tab]["meta"].get("text"))
                opened.add(tab)
                opened.update(self._first_inside(tab))

    def _first_inside(self, node_id: str) -> Iterator[str]:
        node = self._position.get(node_id) or {}
        children = node.get("children") or []
        for child in children[:1] if node.get("type") == "TABS" else children:
            if node.get("type") == "TABS":
                yield child
            yield from self._first_inside(child)

    def _tab(self, text: str) -> Locator:
        has = self._page.get_by_text(text, exact=True)
        return self._page.locator(".ant-tabs-tab:visible", has=has).last

    def _open_all(self, texts: Sequence[str]) -> None:
        for text in texts:
            self._tab(text).click()
            self._page.wait_for_timeout(500)

    def _change(self, native_filter: Mapping[str, Any], phase: str) -> None:
        name = f"{phase}:{native_filter['name']}"
        try:
            self._recorder.start()
            self._pick(native_filter)
            before = self._recorder.settle()
        except Exception as error:  # noqa: BLE001 - a control that is not there must not end it all
            print(f"  {name}: not picked ({str(error).splitlines()[0]})", flush=True)  # noqa: T201
            return
        button = self._page.get_by_role("button", name="Apply filters").first
        disabled = button.is_disabled()
        if disabled and not before and not self._required:
            print(f"  {name}: has this value already", flush=True)  # noqa: T201
            return
        self.phases.append({"phase": f"{name}/before_apply", "requests": before})
        if disabled:
            self.phases.append({"phase": name, "apply": "apply disabled", "requests": []})
            return
        self._step(name, button.click, apply="clicked", filter_id=native_filter["id"])

    def _pick(self, native_filter: Mapping[str, Any]) -> None:
        """Picks a value in the filter bar. Before 6.0, the page has no marks for tests."""
        page = self._page
        name = re.compile(f"^{re.escape(native_filter['name'])}$")
        title = page.locator(".ant-form-item-label h4, .ant-form-item-label label", has_text=name).first
        if not title.is_visible():
            page.get_by_text(re.compile("Filters out of scope")).click()
            self._recorder.settle()
        kind = native_filter["filterType"]
        form = title.locator('xpath=ancestor::*[contains(@class, "ant-row")][1]')
        if kind == "filter_range":
            self._pick_range(form)
        elif kind == "filter_time":
            self._pick_time(form)
        else:
            form.locator(".ant-select").first.click()
            page.wait_for_timeout(800)
            options = page.locator(
                ".ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option"
            )
            options.nth(min(1, options.count() - 1)).click()
            page.keyboard.press("Escape")
        title.click()

    def _pick_range(self, form: Locator) -> None:
        fields = form.locator("input")
        if not fields.count():
            handle = form.locator(".ant-slider-handle").first
            handle.focus()
            handle.press("ArrowRight")
            return
        low = float(fields.first.get_attribute("placeholder") or "0")
        fields.first.fill(str(int(low) + 1))
        fields.first.press("Tab")

    def _pick_time(self, form: Locator) -> None:
        form.locator(
            '[data-test="time-range-trigger"], .ant-form-item-control-input-content div'
        ).first.click()
        self._page.wait_for_timeout(500)
        self._page.locator('[data-test="control-label"], .ant-select').last.click()
        self._page.get_by_text("Last", exact=True).last.click()
        self._page.locator('[data-test="date-filter-control__apply-button"]').click()

    def _refresh(self) -> None:
        button = self._page.locator('[data-test="refresh-button"]')
        if not button.count():
            # Before 6.1 it is in the menu of the header.
            self._page.locator(
                '[aria-label="Menu actions trigger"], [data-test="actions-trigger"]'
            ).first.click()
            button = self._page.get_by_text("Refresh dashboard", exact=True)
        button.first.click()

    def _click_tables(self) -> None:
        """Clicks a value in each of the first tables that are open at the start."""
        self._load(None)
        for chart in self._page.locator('[data-test-viz-type="table"]').all()[:MOST_CLICKS]:
            chart_id = int(chart.get_attribute("data-test-chart-id") or 0)
            cells = chart.locator("td.dt-is-filter")
            if cells.count():
                self._step("cross_filter", cells.first.click, emitter_slice_id=chart_id)
                self._load(None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("dashboards", nargs="*", type=int, help="ids; none for all")
    parser.add_argument("--url", help="a Superset that runs; none starts one")
    parser.add_argument("--made-up", action="store_true", help="create and record the made-up dashboards")
    parser.add_argument("--only", action="append", default=[], help="title of a made-up dashboard")
    parser.add_argument("--load-only", action="store_true", help="record how they open, nothing else")
    parser.add_argument("--version", default=DEFAULT, help="of the Superset to start (default: %(default)s)")
    parser.add_argument("--user", default="admin")
    parser.add_argument("--password", default="admin")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--browser", default="/usr/bin/chromium")
    options = parser.parse_args()
    if options.url:
        record(options.url.rstrip("/"), options)
        return
    server = start(options.version)
    try:
        record(server.url, options)
    finally:
        server.stop()


def record(url: str, options: argparse.Namespace) -> None:
    """Records the dashboards that were asked for, and exports them."""
    wanted = list(options.dashboards)
    if options.made_up:
        wanted += create(SupersetSession(url, options.user, options.password), options.only)
    (options.out / "exports").mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.browser, args=list(ARGUMENTS))
        # Taller than any dashboard: with a small window, charts out of sight are drawn later.
        context = browser.new_context(viewport={"width": 1600, "height": 8000})
        # Tiles of maps come from elsewhere: without them a page is idle sooner.
        context.route(re.compile(f"^https?://(?!{re.escape(urlsplit(url).netloc)})"), _refuse)
        _log_in(context.new_page(), url, options)
        version = context.request.get(f"{url}/version")
        known = version.json().get("version_string") if version.ok else None
        for dashboard_id in wanted or _all_ids(context, f"{url}/api/v1"):
            _record_one(context, url, dashboard_id, known, options)
        browser.close()


def _refuse(route: Route) -> None:
    route.abort()


def _log_in(page: Page, url: str, options: argparse.Namespace) -> None:
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
    visitor.visit(load_only=options.load_only)
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
