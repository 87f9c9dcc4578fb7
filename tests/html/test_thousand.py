"""A thousand dashboards: drawn as far as one looks, searched as a whole."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.html.conftest import Opened, dashlint
from tests.paths import ROOT

COUNT = 1_000


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    generator = ROOT / "benchmarks" / "generate.py"
    sizes = ("--dashboards", str(COUNT), "--charts", str(COUNT), "--datasets", "50")
    subprocess.run([sys.executable, generator, *sizes, folder / "export.zip"], check=True)
    outputs = ("--output", f"html={folder / 'report.html'}", "--output", f"json={folder / 'report.json'}")
    dashlint("scan", folder / "export.zip", "-q", *outputs)
    return folder


@pytest.mark.slow
def test_rows_are_drawn_as_one_scrolls(many: Path, opened: Opened) -> None:
    page = opened(many / "report.html")
    rows = page.locator(".dashboards tbody tr")
    expect(page.get_by_role("status")).to_have_text("1,000 dashboards")
    assert 100 <= rows.count() < COUNT / 2
    for _scroll in range(COUNT // 100):
        page.get_by_role("heading", level=2).first.scroll_into_view_if_needed()
        page.wait_for_timeout(50)
    expect(rows).to_have_count(COUNT)


@pytest.mark.slow
def test_search_and_order_take_in_what_is_not_drawn(many: Path, opened: Opened) -> None:
    dashboards = json.loads((many / "report.json").read_text("utf-8"))["dashboards"]
    page = opened(many / "report.html")
    least = min(one["queries_on_load"] for one in dashboards)
    queries = page.get_by_role("button", name="Queries")
    queries.click()
    queries.click()
    expect(page.locator("td.queries").first).to_have_text(str(least))
    last = dashboards[-1]
    page.get_by_label("Search dashboards").fill(last["uuid"])
    expect(page.locator(".dashboards tbody a")).to_have_text([last["title"]])
    page.locator(".dashboards tbody a").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(last["title"])
    expect(page.locator(".tile").first).to_be_visible()
