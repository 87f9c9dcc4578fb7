"""The requests for data that a browser's page sends."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request  # type: ignore[import-not-found, unused-ignore]

DATA = re.compile(r"/api/v1/chart/data|/superset/explore_json/")
#: What a matrix changes in the form data of its cells.
_CELL = ("metrics", "adhoc_filters", "extra_form_data")
#: Nothing more comes once nothing is under way for this long (seconds): the filter bar waits one
#: second for the charts, and a search half a second for the next key.
QUIET = 2.4
#: The same after steps that are not kept.
QUIET_BETWEEN = 1.6


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

    @property
    def busy(self) -> bool:
        """Whether something has been sent since ``start``."""
        return bool(self._sent)

    def settle(self, quiet: float = QUIET, limit: float = 120) -> list[dict[str, Any]]:
        """Waits until nothing is under way for ``quiet`` seconds, then gives what was sent."""
        end = time.monotonic() + limit
        self._last = time.monotonic()
        while time.monotonic() < end:
            self._page.wait_for_timeout(100)
            if self._open <= 0 and time.monotonic() - self._last > quiet:
                break
        for request, entry in self._sent:
            answers = _answers(request)
            if answers:
                entry["response"] = answers
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
    """One request as the captures hold it, without its answer."""
    url = urlsplit(request.url)
    known = {key: values[0] for key, values in parse_qs(url.query).items()}
    body = _json(request.post_data)
    form_data = body.get("form_data")
    if not isinstance(form_data, dict):
        form_data = _json(known.get("form_data")) or _posted(request.post_data)
    filter_id = form_data.get("native_filter_id")
    legacy = "explore_json" in url.path
    # The cells of a matrix (6.1) do without the address' form data.
    cell = "form_data" not in known and not filter_id
    queries = [_query(q) for q in body.get("queries", [])]
    entry: dict[str, Any] = {
        "kind": "legacy" if legacy else "filter_options" if filter_id else "chart",
        "slice_id": form_data.get("slice_id") if cell else _json(known.get("form_data")).get("slice_id"),
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
    if cell:
        entry["cell"] = True
        if legacy:
            entry["form_data"] = {key: form_data[key] for key in _CELL if key in form_data}
    return entry


def _answers(request: Request) -> list[dict[str, Any]]:
    """What the server made of each query: the timeout, rows and all LIMITs of its statements."""
    try:
        answer = request.response()
        found = answer.json() if answer is not None else None
    except Exception:  # noqa: BLE001 - cancelled by the page
        return []
    if not isinstance(found, dict):
        return []
    each = found.get("result")
    return [_answer(one) for one in (each if isinstance(each, list) else [found]) if isinstance(one, dict)]


def _answer(one: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: one[key] for key in ("cache_timeout", "rowcount") if key in one}
    text = one.get("query")
    if isinstance(text, str) and text:
        kept["sql_limits"] = [int(limit) for limit in re.findall(r"\bLIMIT (\d+)", text)]
    if one.get("error") or one.get("errors"):
        kept["error"] = str(one.get("error") or one["errors"][0].get("message"))[:80]
    return kept


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


def _posted(text: str | None) -> dict[str, Any]:
    """Form data in the body of a form."""
    found = re.search(r'name="form_data"\s+(\{.*\})\s', text or "")
    return _json(found.group(1)) if found else {}


def _json(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
