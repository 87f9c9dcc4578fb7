"""What people do with the HTML report, and what it tells them: the same as the other commands."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from dashlint.cli import inputs, servers
from dashlint.cli.scan import checked
from dashlint.cost.model import Cost
from dashlint.lint import amounts
from dashlint.lint.config import Config
from dashlint.report.html import render
from tests.html.conftest import EXPORT, FACTS, Opened, dashlint, printed


def uuid_of(facts: dict[str, Any], title: str) -> str:
    return next(str(one["uuid"]) for one in facts["dashboards"] if one["title"] == title)


def titles(page: Page) -> list[str]:
    return page.locator(".dashboards tbody a").all_text_contents()


def texts(page: Page, selector: str) -> list[str]:
    return page.locator(selector).all_text_contents()


def eventually(page: Page, read: Callable[[], object], wanted: object) -> None:
    """Waits, as ``expect`` does: what follows a click or a new address is drawn a moment later."""
    for _try in range(50):
        if read() == wanted:
            return
        page.wait_for_timeout(100)
    assert read() == wanted


def phrase(cost: dict[str, Any]) -> str:
    return amounts.cost_phrase(Cost(**cost))


def test_overview_has_the_figures_of_the_json_report(
    report: Path, facts: dict[str, Any], opened: Opened
) -> None:
    page = opened(report)
    eventually(page, lambda: titles(page), [one["title"] for one in facts["dashboards"]])
    for row, one in zip(page.locator(".dashboards tbody tr").all(), facts["dashboards"], strict=True):
        expect(row.locator(".memory .figure")).to_have_text(phrase(one["memory_on_load"]))
        expect(row.locator(".queries")).to_have_text(str(one["queries_on_load"]))
        widest = one["widest_filter"]
        expect(row.locator(".fanout")).to_contain_text(f"{widest['name']}: {widest['charts']} charts")
        expect(row.locator(".fanout small")).to_have_text(phrase(widest["memory"]))


def test_sorts_by_a_column_with_the_keyboard(report: Path, facts: dict[str, Any], opened: Opened) -> None:
    page = opened(report)
    header = page.get_by_role("columnheader", name="Queries")
    header.get_by_role("button").press("Enter")
    expect(header).to_have_attribute("aria-sort", "descending")
    queries = [int(text) for text in page.locator("td.queries").all_text_contents()]
    assert queries == sorted((one["queries_on_load"] for one in facts["dashboards"]), reverse=True)
    header.get_by_role("button").press("Enter")
    eventually(page, lambda: [int(text) for text in texts(page, "td.queries")], sorted(queries))


def test_search_looks_into_charts_and_stays_in_the_address(report: Path, opened: Opened) -> None:
    page = opened(report)
    page.keyboard.press("/")
    page.keyboard.type("carrier scorecard")
    eventually(page, lambda: titles(page), ["Fulfilment & stock"])
    expect(page.get_by_role("status")).to_have_text("1 of 6 dashboards")
    page.reload()
    eventually(page, lambda: titles(page), ["Fulfilment & stock"])
    page.get_by_label("Search dashboards").fill("nothing is called this")
    eventually(page, lambda: titles(page), [])


def test_filters_by_rule_and_database(report: Path, facts: dict[str, Any], opened: Opened) -> None:
    page = opened(report)
    page.get_by_label("Rule", exact=True).select_option("DL201")
    meant = {u for finding in facts["findings"] if finding["rule"] == "DL201" for u in finding["dashboards"]}
    assert 0 < len(meant) < len(facts["dashboards"])
    assert set(titles(page)) == {one["title"] for one in facts["dashboards"] if one["uuid"] in meant}
    database = page.get_by_label("Database")
    assert database.locator("option").count() > 1
    database.select_option(index=1)
    assert set(titles(page)) <= {one["title"] for one in facts["dashboards"] if one["uuid"] in meant}


def test_filters_by_owner(tmp_path: Path, opened: Opened) -> None:
    """Exports do not tell owners; a server does."""
    analysis, report = checked([EXPORT], servers.ServerOptions(), Config(), inputs.Facts())
    for number, dashboard in enumerate(analysis.workspace.dashboards):
        object.__setattr__(dashboard, "owners", ("Ada", "Grace") if number == 1 else ("Grace",))
    path = tmp_path / "report.html"
    path.write_text(render(report), "utf-8")
    page = opened(path)
    page.get_by_label("Owner").select_option("Ada")
    eventually(page, lambda: titles(page), [analysis.workspace.dashboards[1].title])
    page.get_by_label("Owner").select_option("Grace")
    assert len(titles(page)) == len(analysis.workspace.dashboards)


def test_a_dashboard_has_an_address_and_the_way_back(
    report: Path, facts: dict[str, Any], opened: Opened
) -> None:
    page = opened(report)
    page.get_by_role("link", name="Finance control").click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Finance control")
    expect(heading).to_be_focused()
    assert page.url.endswith(f"#dashboard={uuid_of(facts, 'Finance control')}")
    page.go_back()
    expect(heading).to_have_text("Dashboards")
    direct = opened(report, f"dashboard={uuid_of(facts, 'Finance control')}&at=findings")
    expect(direct.get_by_role("heading", level=2, name="Findings")).to_be_focused()
    expect(opened(report, "dashboard=none").get_by_role("alert")).to_contain_text("not in this report")


def test_tabs_open_with_arrows(report: Path, facts: dict[str, Any], opened: Opened) -> None:
    page = opened(report, f"dashboard={uuid_of(facts, 'Fulfilment & stock')}")
    hidden = page.locator("button.tile", has_text="Products to reorder")
    expect(hidden).to_be_hidden()
    page.get_by_role("tab", name="Fulfilment").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Stock", exact=True)).to_be_focused()
    expect(hidden).to_be_visible()
    expect(page.locator("button.tile", has_text="Parcels yesterday")).to_be_hidden()


def test_layout_has_the_widths_of_the_grid(report: Path, facts: dict[str, Any], opened: Opened) -> None:
    """Six charts of two columns each fill the first row."""
    page = opened(report, f"dashboard={uuid_of(facts, 'Sales overview')}")
    row = page.locator(".grid .row").first
    boxes = [tile.bounding_box() for tile in row.locator(".tile").all()]
    assert len(boxes) == 6
    assert len({round(box["y"]) for box in boxes if box}) == 1
    widths = [box["width"] for box in boxes if box]
    assert max(widths) - min(widths) < 1
    assert sum(widths) == pytest.approx(row.bounding_box()["width"], rel=0.1)  # type: ignore[index]


def test_a_filter_lights_up_the_charts_that_it_re_runs(
    report: Path, facts: dict[str, Any], opened: Opened
) -> None:
    uuid = uuid_of(facts, "Fulfilment & stock")
    traced = printed("trace", EXPORT, *FACTS, "--dashboard", uuid, "--event", "filter:Carrier@all-tabs")
    event = traced["dashboards"][0]["events"][0]
    charts = {r["chart"]["name"] for r in event["requests"] if "chart" in r}
    page = opened(report, f"dashboard={uuid}")
    expect(page.locator(".tile.lit")).to_have_count(0)
    carrier = page.get_by_role("group", name="Filters").get_by_role("button", name="Carrier")
    carrier.focus()
    eventually(page, lambda: set(texts(page, ".tile.lit .title")), charts)
    eventually(page, lambda: set(texts(page, ".end.lit bdi")) - {"Carrier"}, charts)
    expect(page.locator("path.lit")).to_have_count(len(charts))
    said = page.locator(".says")
    expect(said).to_contain_text(f"re-runs {len(charts)} charts")
    expect(said).to_contain_text(phrase(event["memory"]))
    carrier.press("Enter")
    page.get_by_role("heading", level=1).focus()
    expect(page.locator(".tile.lit")).to_have_count(len(charts))
    carrier.press("Enter")
    page.get_by_role("heading", level=1).focus()
    expect(page.locator(".tile.lit")).to_have_count(0)


def test_requests_and_sql_are_those_of_trace(report: Path, facts: dict[str, Any], opened: Opened) -> None:
    uuid = uuid_of(facts, "Fulfilment & stock")
    requests = printed("trace", EXPORT, *FACTS, "--dashboard", uuid)["dashboards"][0]["events"][0]["requests"]
    page = opened(report, f"dashboard={uuid}")
    names = page.locator(".requests .what bdi").all_text_contents()
    assert names == [(r.get("chart") or r["filter"])["name"] for r in requests]
    waves = page.locator("ol.requests")
    rounds = {r["round"] for r in requests}
    assert len(rounds) > 1
    expect(waves).to_have_count(len(rounds))
    waves.nth(1).locator("summary").first.click()
    because = next(r["because"] for r in requests if r["round"] == 1)
    reasons = waves.nth(1).locator("li li")
    eventually(page, lambda: reasons.all_text_contents()[: len(because)], because)
    page.locator("button.tile", has_text="Parcels by carrier").click()
    sent = next(r for r in requests if (r.get("chart") or {}).get("name") == "Parcels by carrier")
    statements = [s["sql"] for q in sent["queries"] for s in q["statements"]]
    eventually(page, lambda: texts(page, ".charts details[open] pre"), statements)


def test_findings_explain_and_advise(report: Path, facts: dict[str, Any], opened: Opened) -> None:
    uuid = uuid_of(facts, "Finance control")
    meant = [finding for finding in facts["findings"] if uuid in finding["dashboards"]]
    page = opened(report, f"dashboard={uuid}")
    articles = page.locator(".findings article")
    expect(articles).to_have_count(len(meant))
    expect(articles.first).to_contain_text(meant[0]["message"])
    expect(articles.first).to_contain_text(meant[0]["advice"])
    articles.first.locator("summary").click()
    expect(articles.first.locator("h4").first).to_have_text("Why")
    articles.first.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(meant[0]["rule"])
    same = [finding for finding in facts["findings"] if finding["rule"] == meant[0]["rule"]]
    expect(page.locator(".findings article")).to_have_count(len(same))


def test_what_is_not_known_is_unknown(tmp_path: Path, opened: Opened) -> None:
    """Dashboards without their charts: nothing is known of what they cost, which is not 0."""
    shutil.copytree(EXPORT, tmp_path / "export", ignore=shutil.ignore_patterns("charts"))
    path = tmp_path / "report.html"
    dashlint("scan", tmp_path / "export", "-q", "--output", f"html={path}")
    page = opened(path)
    figures = page.locator(".dashboards .memory .figure").all_text_contents()
    assert set(figures) == {"unknown"}
    assert set(page.locator("td.queries").all_text_contents()) == {"unknown"}
    assert set(page.locator("td.fanout small").all_text_contents()) == {"unknown"}
    page.locator(".dashboards a").first.click()
    expect(page.locator(".tile").first).to_contain_text("not in what was read")
    assert not re.search(r"\b0 B\b", page.locator("main").inner_text())


def test_light_and_dark(report: Path, opened: Opened) -> None:
    def paper(page: Page) -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    light, dark = opened(report), opened(report, scheme="dark")
    assert paper(light) != paper(dark)
    light.get_by_role("button", name="Dark mode").click()
    assert paper(light) == paper(dark)
    light.get_by_role("button", name="Light mode").click()
    assert paper(light) != paper(dark)


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen(
    report: Path, facts: dict[str, Any], opened: Opened, width: int
) -> None:
    for fragment in ("", "rule=DL201", *(f"dashboard={one['uuid']}" for one in facts["dashboards"])):
        page = opened(report, quote(fragment, safe="="), width=width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_everything_that_can_be_used_has_a_name(report: Path, facts: dict[str, Any], opened: Opened) -> None:
    for fragment in ("", f"dashboard={uuid_of(facts, 'Fulfilment & stock')}"):
        page = opened(report, fragment)
        tree = page.locator("body").aria_snapshot()
        roles = re.findall(r"- (button|link|tab|textbox|searchbox|combobox|table|region)\b(.*)", tree)
        assert len(roles) > 10
        assert [role for role, rest in roles if '"' not in rest and ":" not in rest] == []
