"""Does to a dashboard in a browser what a user would, and records each step."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tests.truth.recorder import QUIET, QUIET_BETWEEN, Recorder

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page  # type: ignore[import-not-found, unused-ignore]

#: Tables of one dashboard that are clicked.
MOST_CLICKS = 4
#: Where charts are clicked until they send something, in parts of their width and height.
CLICKS = tuple((x / 20, y / 20) for y in (11, 8, 15, 6, 18, 13) for x in (10, 6, 14, 3, 8, 12, 17, 5))


class Visitor:
    """Does to one dashboard what a user would, and records each step as a phase."""

    def __init__(self, page: Page, url: str, dashboard: Mapping[str, Any]) -> None:
        self._page = page
        page.set_default_timeout(8_000)  # what is not there by then (an option, a button) does not come
        self._url = f"{url}/superset/dashboard/{dashboard['id']}/"
        self._recorder = Recorder(page)
        metadata = json.loads(dashboard["json_metadata"] or "{}")
        self._position = json.loads(dashboard["position_json"] or "{}")
        self._filters = [
            f for f in metadata.get("native_filter_configuration") or [] if f.get("type") != "DIVIDER"
        ]
        #: Only a required filter without a value keeps Apply disabled once a value is picked.
        self._required = any((f.get("controlValues") or {}).get("enableEmptyFilter") for f in self._filters)
        self._refresh_every = int(metadata.get("refresh_frequency") or 0)
        self.phases: list[dict[str, Any]] = []

    def visit(self, *, load_only: bool = False, again: bool = False) -> None:
        """``load_only`` opens the dashboard alone; ``again`` goes back to the tabs that were opened."""
        self._load("load")
        if load_only:
            return
        tabs = list(self._tabs())
        for tab in tabs:
            if not self._tab(tab).is_visible():
                break  # the page broke down on the tab before
            self._step(f"tab:{tab}", self._tab(tab).click)
        for tab in tabs[-2::-1] if again else ():
            self._step(f"tab_again:{tab}", self._tab(tab).click)
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
        if self._refresh_every:
            self._load(None)
            # The timer asks for one chart after the other, over a fifth of its time.
            wait = 1_200 * self._refresh_every
            self._step("autorefresh", lambda: self._page.wait_for_timeout(wait))

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
            self._page.goto(self._url, timeout=60_000)
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
            if self._tab(text).is_visible():
                self._tab(text).click()
            self._page.wait_for_timeout(500)

    def _change(self, native_filter: Mapping[str, Any], phase: str) -> None:
        name = f"{phase}:{native_filter['name']}"
        try:
            self._recorder.start()
            self._pick(native_filter)
            before = self._recorder.settle()
            button = self._page.get_by_role("button", name="Apply filters").first
            disabled = button.is_disabled()
        except Exception as error:  # noqa: BLE001 - a control that is not there must not end it all
            print(f"  {name}: not picked ({str(error).splitlines()[0]})", flush=True)  # noqa: T201
            return
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
            form.locator(".ant-select").last.click()  # the first may be "is not"
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

    def click_charts(self) -> None:
        """Clicks here and there in each chart that is no table, until it sends something."""
        self._load(None)
        for chart in self._page.locator("[data-test-viz-type]").all():
            if chart.get_attribute("data-test-viz-type") == "table":
                continue
            chart_id = int(chart.get_attribute("data-test-chart-id") or 0)
            found = self._step("cross_filter", lambda: self._try(chart), emitter_slice_id=chart_id)  # noqa: B023
            if found:
                self._load(None)

    def _try(self, chart: Locator) -> None:
        cells = chart.locator("td.pvtVal, th.pvtRowLabel")
        if cells.count():
            cells.first.click()
            return
        canvas = chart.locator("canvas")
        box = canvas.first.bounding_box() if canvas.count() else None
        for x, y in CLICKS:
            if box is None or self._recorder.busy:
                return
            self._page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
            self._page.wait_for_timeout(400)
