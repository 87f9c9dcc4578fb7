"""Records what a browser sends for a dashboard, in the shape of ``data/*.json``.

    python tests/truth/capture.py --url http://127.0.0.1:8088 --out DIR [ID …]

Needs Playwright (``pip install playwright``) and a Chromium (``--browser``, or ``/usr/bin/chromium``).
Each dashboard is opened anew for each filter, for the refresh and for a click in a table; beside the
JSON goes the dashboard's export. ``data/README.md`` tells what the phases and keys mean.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import (  # type: ignore[import-not-found, unused-ignore]
    Locator,
    Page,
    Request,
    sync_playwright,
)

DATA = re.compile(r"/api/v1/chart/data|/superset/explore_json/")
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
#: Nothing more comes once nothing is under way for this long (seconds): the filter bar waits one
#: second for the charts, and a search half a second for the next key.
QUIET = 3.0


class Recorder:
    """The requests for data that a page sends, since ``start``."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._began = time.monotonic()
        self._last = self._began
        self._open = 0
        self._sent: list[tuple[Request, dict[str, Any]]] = []
        page.on("request", self._on_request)
        page.on("requestfinished", self._on_end)
        page.on("requestfailed", self._on_end)

    def start(self) -> None:
        self._began = self._last = time.monotonic()
        self._sent = []

    def settle(self, limit: float = 120) -> list[dict[str, Any]]:
        """Waits until nothing is under way any more, then gives what was sent."""
        end = time.monotonic() + limit
        self._last = time.monotonic()
        while time.monotonic() < end:
            self._page.wait_for_timeout(200)
            if self._open <= 0 and time.monotonic() - self._last > QUIET:
                break
        return [entry for _, entry in self._sent]

    def _on_request(self, request: Request) -> None:
        if DATA.search(request.url):
            self._open += 1
            self._last = time.monotonic()
            self._sent.append((request, describe(request, round(1000 * (self._last - self._began)))))

    def _on_end(self, request: Request) -> None:
        if not DATA.search(request.url):
            return
        self._open -= 1
        self._last = time.monotonic()
        for other, entry in self._sent:
            if other == request and request.failure:
                entry["cancelled"] = True


def describe(request: Request, at: int) -> dict[str, Any]:
    """One request as the captures hold it, without the answer."""
    url = urlsplit(request.url)
    known = {key: values[0] for key, values in parse_qs(url.query).items()}
    body = _json(request.post_data)
    form_data = body.get("form_data")
    form_data = form_data if isinstance(form_data, dict) else _json(known.get("form_data"))
    filter_id = form_data.get("native_filter_id")
    legacy = "explore_json" in url.path
    queries = [_query(q) for q in body.get("queries", [])]
    entry: dict[str, Any] = {
        "kind": "legacy" if legacy else "filter_options" if filter_id else "chart",
        "slice_id": _json(known.get("form_data")).get("slice_id"),
        "viz_type": form_data.get("viz_type"),
        "t_ms": at,
        "n_queries": len(queries),
        "queries": queries,
    }
    if filter_id:
        entry["native_filter_id"] = filter_id
    if form_data.get("extra_form_data"):
        entry["form_data"] = {"extra_form_data": form_data["extra_form_data"]}
    if body.get("force") or known.get("force") == "true":
        entry["force"] = True
    if legacy:
        entry["method"] = request.method
    return entry


def _query(query: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("filters", "row_limit", "row_offset", "series_limit", "orderby", "is_rowcount", "result_type")
    found: dict[str, Any] = {"columns": [_label(c) for c in query.get("columns") or []]}
    if query.get("metrics") is not None:
        found["metrics"] = [_label(m) for m in query["metrics"]]
    found.update((key, query[key]) for key in kept if key in query)
    found["post_processing"] = [p["operation"] for p in query.get("post_processing") or [] if p]
    return found


def _label(item: Any) -> Any:
    return item.get("label") if isinstance(item, dict) else item


def _json(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


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
        self.phases: list[dict[str, Any]] = []

    def visit(self) -> None:
        self._load("load")
        tabs = list(self._tabs())
        for tab in tabs:
            self._open(tab, f"tab:{tab}")
        self._load(None)
        self._step("force_refresh", lambda: self._page.locator('[data-test="refresh-button"]').click())
        for native_filter in self._filters:
            self._load(None)
            self._change(native_filter, "filter")
        if tabs:
            for native_filter in self._filters:
                self._load(None)
                for tab in tabs:
                    self._open(tab, None)
                self._change(native_filter, "filter_after_all_tabs")
        self._click_tables()

    def _step(self, phase: str | None, action: Any, **more: Any) -> list[dict[str, Any]]:
        self._recorder.start()
        action()
        sent = self._recorder.settle()
        if phase is not None:
            self.phases.append({"phase": phase, **more, "requests": sent})
            print(f"  {phase}: {len(sent)}", flush=True)  # noqa: T201 - a script
        return sent

    def _load(self, phase: str | None) -> None:
        self._step(phase, lambda: self._page.goto(self._url))

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

    def _open(self, text: str, phase: str | None) -> None:
        tab = self._page.locator(".ant-tabs-tab:visible", has_text=re.compile(f"^{re.escape(text)}$"))
        self._step(phase, tab.last.click)

    def _change(self, native_filter: Mapping[str, Any], phase: str) -> None:
        name = f"{phase}:{native_filter['name']}"
        try:
            before = self._step(None, lambda: self._pick(native_filter))
        except Exception as error:  # noqa: BLE001 - a control that is not there must not end it all
            print(f"  {name}: not picked ({str(error).splitlines()[0]})", flush=True)  # noqa: T201
            return
        self.phases.append({"phase": f"{name}/before_apply", "requests": before})
        button = self._page.locator('[data-test="filter-bar__apply-button"]').first
        if button.is_disabled():
            self.phases.append({"phase": name, "apply": "apply disabled", "requests": []})
            return
        self._step(name, button.click, apply="clicked", filter_id=native_filter["id"])

    def _pick(self, native_filter: Mapping[str, Any]) -> None:
        page = self._page
        title = page.locator(f'[id="filter-name-{native_filter["id"]}"]')
        if not title.count() or not title.first.is_visible():
            page.get_by_text(re.compile("Filters out of scope")).click()
            self._recorder.settle()
        kind = native_filter["filterType"]
        form = title.locator("xpath=ancestor::form[1]")
        if kind == "filter_range":
            field = form.locator("input").first
            field.fill(str(int(float(field.get_attribute("placeholder") or "0")) + 1))
            field.press("Tab")
        elif kind == "filter_time":
            self._pick_time(form)
        else:
            page.locator(f'[data-test="{native_filter["id"]}"], #{native_filter["id"]}').first.click()
            page.wait_for_timeout(800)
            options = page.locator(
                ".ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option"
            )
            options.nth(min(1, options.count() - 1)).click()
            page.keyboard.press("Escape")
        title.first.click()

    def _pick_time(self, form: Locator) -> None:
        form.locator(
            '[data-test="time-range-trigger"], .ant-form-item-control-input-content div'
        ).first.click()
        self._page.wait_for_timeout(500)
        self._page.locator('[data-test="control-label"], .ant-select').last.click()
        self._page.get_by_text("Last", exact=True).last.click()
        self._page.locator('[data-test="date-filter-control__apply-button"]').click()

    def _click_tables(self) -> None:
        """Clicks a value in each table that is open at the start."""
        self._load(None)
        for chart in self._page.locator('[data-test-viz-type="table"]').all():
            chart_id = int(chart.get_attribute("data-test-chart-id") or 0)
            cells = chart.locator("td.dt-is-filter")
            if cells.count():
                self._step("cross_filter", cells.first.click, emitter_slice_id=chart_id)
                self._load(None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("dashboards", nargs="*", type=int, help="ids; none for all")
    parser.add_argument("--url", required=True)
    parser.add_argument("--user", default="admin")
    parser.add_argument("--password", default="admin")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--browser", default="/usr/bin/chromium")
    options = parser.parse_args()
    (options.out / "exports").mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.browser, args=list(ARGUMENTS))
        # Taller than any dashboard: with a small window, charts out of sight are drawn later.
        context = browser.new_context(viewport={"width": 1600, "height": 8000})
        page = context.new_page()
        page.goto(f"{options.url}/login/")
        page.wait_for_selector("#username", timeout=60_000)
        page.fill("#username", options.user)
        page.fill("#password", options.password)
        page.locator('[data-test="login-button"], input[type="submit"]').first.click()
        page.wait_for_url(re.compile("welcome|dashboard/list"), timeout=60_000)
        api = f"{options.url}/api/v1"
        version = context.request.get(f"{options.url}/version")
        for dashboard_id in options.dashboards or _all_ids(context, api):
            found = context.request.get(f"{api}/dashboard/{dashboard_id}").json()["result"]
            name = (
                f"{dashboard_id:02}_{re.sub('[^a-z0-9]+', '_', found['dashboard_title'].lower()).strip('_')}"
            )
            print(name, flush=True)  # noqa: T201
            visited = context.new_page()
            visitor = Visitor(visited, options.url, found)
            visitor.visit()
            visited.close()
            capture = {
                "dashboard": found["dashboard_title"],
                "id": dashboard_id,
                "superset": version.json().get("version_string") if version.ok else None,
                "phases": visitor.phases,
            }
            (options.out / f"{name}.json").write_text(json.dumps(capture, indent=1), "utf-8")
            export = context.request.get(f"{api}/dashboard/export/?q=!({dashboard_id})")
            (options.out / "exports" / f"{name}.zip").write_bytes(export.body())
        browser.close()


def _all_ids(context: Any, api: str) -> list[int]:
    query = "(columns:!(id),page_size:100,order_column:id,order_direction:asc)"
    answer = context.request.get(f"{api}/dashboard/?q={query}").json()
    return sorted(item["id"] for item in answer["result"])


if __name__ == "__main__":
    main()
