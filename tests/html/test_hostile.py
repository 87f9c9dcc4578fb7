"""Names and SQL are other people's: nothing in them runs, and nothing in them misleads."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from playwright.sync_api import Error, Page

from dashlint.lint.links import rule_page
from tests.html.conftest import EXPORT, Opened, dashlint

EVIL = (
    "</script><script>window.pwned=1</script>"
    '"><img src=x onerror=window.pwned=1><svg onload=window.pwned=1>'
    "<!--<script>javascript:window.pwned=1{{7*7}}${window.pwned=1}`"
    "\u2028window.pwned=1\u2029\u202egnp.exe\u2066\x1b[31m"
)
#: The same as it is shown: what steers a display is written out.
SHOWN = (
    EVIL.replace("\u2028", "\\u2028")
    .replace("\u2029", "\\u2029")
    .replace("\u202e", "\\u202e")
    .replace("\u2066", "\\u2066")
    .replace("\x1b", "\\x1b")
)
NAMES = {"slice_name", "dashboard_title", "table_name", "database_name", "name", "text", "sliceName", "code"}


def spoilt(value: Any, key: str = "") -> Any:
    """A file's content with every name, text and uuid of a node replaced by markup."""
    if isinstance(value, dict):
        return {k: spoilt(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [spoilt(one) for one in value]
    if key == "sql" and value:
        return f"SELECT '{EVIL}' AS x FROM ({value}) AS y"
    return EVIL if key in NAMES and isinstance(value, str) and key != "name" else value


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    shutil.copytree(EXPORT, folder / "export")
    for path in (folder / "export").rglob("*.yaml"):
        content = spoilt(yaml.safe_load(path.read_text("utf-8")))
        for one in (content.get("metadata") or {}).get("native_filter_configuration") or []:
            one["name"] = EVIL
        if "dashboard_title" in content:
            content["slug"] = content["uuid"] = f"{EVIL}{content['uuid']}"
        # JSON is YAML, and says every character.
        path.write_text(json.dumps(content), "utf-8")
    dashlint("scan", folder / "export", "-q", "--output", f"html={folder / 'report.html'}")
    return folder / "report.html"


def looked_through(page: Page) -> None:
    """Opens everything that can be opened."""
    for summary in page.locator("summary").all():
        summary.evaluate("summary => summary.parentElement.open = true")
    for button in page.locator(".fan button").all():
        button.focus()
    page.wait_for_timeout(50)


def test_nothing_in_an_asset_runs(hostile: Path, opened: Opened) -> None:
    page = opened(hostile)
    links = page.locator(".dashboards a")
    assert links.count() == 6
    addresses = [links.nth(place).get_attribute("href") for place in range(6)]
    for address in (*addresses, "#rule=DL201"):
        assert address is not None
        page = opened(hostile, address[1:])
        looked_through(page)
        assert page.evaluate("window.pwned") is None
        assert page.locator("main :is(img, script, iframe, object, embed, form, base, style)").count() == 0
        away = page.locator("a:not([href^='#'])")
        led_to = [away.nth(place).get_attribute("href") for place in range(away.count())]
        assert led_to == ([rule_page("DL201")] if address == "#rule=DL201" else [])  # the rule's own page
        handlers = "[...document.querySelectorAll('*')].flatMap(e => [...e.attributes]).map(a => a.name)"
        assert [name for name in page.evaluate(handlers) if name.startswith("on")] == []


def test_names_are_shown_as_they_are(hostile: Path, opened: Opened) -> None:
    page = opened(hostile)
    assert set(page.locator(".dashboards a").all_text_contents()) == {SHOWN}
    page.locator(".dashboards a").first.click()
    assert page.locator("h1").text_content() == SHOWN
    assert SHOWN in page.locator(".tile .title").all_text_contents()
    assert SHOWN in page.locator(".fan button bdi").all_text_contents()


def test_a_hole_in_the_script_would_still_run_nothing(
    report: Path, opened: Opened, complaints: list[str]
) -> None:
    """The page's policy refuses text that is to become markup or a script."""
    page = opened(report)
    script = "document.createElement('script').textContent = 'window.pwned=1'"
    handler = "document.body.setAttribute('onclick', 'window.pwned=1')"
    for attempt in ("document.body.innerHTML = '<b>x</b>'", script, handler):
        with pytest.raises(Error, match="requires 'Trusted"):
            page.evaluate(f"() => {{ {attempt} }}")
    assert page.evaluate("window.pwned") is None
    assert len(complaints) == 3
    complaints.clear()


def test_another_script_is_refused(
    report: Path, tmp_path: Path, opened: Opened, complaints: list[str]
) -> None:
    spoiled = tmp_path / "spoiled.html"
    text = report.read_text("utf-8").replace("</main>", "</main><script>window.pwned=1</script>", 1)
    spoiled.write_text(text, "utf-8")
    assert opened(spoiled).evaluate("window.pwned") is None
    assert "Content Security Policy" in complaints.pop()
    assert complaints == []


def test_nothing_in_the_picture_of_the_graph_runs(hostile: Path, tmp_path: Path, opened: Opened) -> None:
    text = dashlint("graph", hostile.parent / "export", "--format", "svg")
    drawn = ET.fromstring(text)
    assert SHOWN in {one.text for one in drawn.iter("{http://www.w3.org/2000/svg}title")}
    assert {one.tag.rpartition("}")[2] for one in drawn.iter()} == {
        *("svg", "style", "rect", "text", "path", "g", "title"),
    }
    # As a page may hold it, read by the more lenient of the two parsers.
    path = tmp_path / "graph.html"
    path.write_text(f"<!doctype html><meta charset=utf-8><h1>Graph</h1>{text}", "utf-8")
    page = opened(path)
    assert page.evaluate("window.pwned") is None
    assert page.locator(":is(img, iframe, svg svg)").count() == 0
