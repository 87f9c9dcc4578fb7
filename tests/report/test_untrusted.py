"""Titles, SQL and paths are other people's: in no format may they do anything but be shown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dashlint.assets import Location, Problem
from dashlint.lint.model import AssetRef, Severity
from dashlint.report import formats
from dashlint.report.model import Report
from dashlint.report.terminal import clean
from dashlint.report.text import visible
from tests.report.conftest import SALES, STOCK, dashboard, finding, report, rules
from tests.report.forges import Page, commands_in, rendered_by_github, rendered_by_others
from tests.report.schemas import parse_code_quality, parse_junit, parse_sarif

NASTY = [
    # What steers a terminal, breaks a line, cannot be encoded or turns the direction of reading.
    *("\x1b[31mred", "\x1b]0;owned\x07", "\n", "\r\n", "\t", "\u2028", "\x85", "\x00", "\x0b", "\ud800"),
    *("\ufffe", "\uffff", "\u202e", "\u2066", "\u2069", "\u200b", "\u200d", "\ufeff", "\U000e0041"),
    # Commands of CI systems, and what escapes them.
    *("::set-output name=x::y", "\n::error::z", "::stop-commands::t", "##[add-mask]a", "###[group]"),
    *("##vso[task.x]", "%0A::debug::", "%25", "%", ",", ":", "::", "="),
    # XML and HTML.
    *("]]>", "<![CDATA[", "<!--", "-->", "&amp;", "&#10;", "&", '"', "'", "<script>alert(1)</script>"),
    *("<img src=x onerror=y>", "</details>", "</summary>", "<", ">", "<b>"),
    # Links and references.
    *("[a](http://e.xy)", "](", "![i](j)", "[x]: y", "[^1]", "<http://e.xy>", "http://e.xy", "//e.xy"),
    *("https://e.xy/a_b", "www.e.xy", "ftp://e.xy", "xmpp:a@b.c", "mailto:a@b.c", "a@b.cc", "@team"),
    *("@org/team", "#1", "GH-1", "a/b#1", "!1", "~bug", '~"bug"', "%1", "$1", "&1"),
    # Other markup, and placeholders of SARIF.
    *("$x$", "`", "``", "```\n", "*", "**", "_", "__", "~~", "|", "\\", "\\|", "#", "# h", "- ", "+ ", "1. "),
    *("1) ", "    ", "---", "===", "{{", "{0}", "}"),
    *(" ", "\u00a0", "é", "漢", "👩\u200d💻", "a", "name"),
]
TITLES = st.lists(st.sampled_from(NASTY) | st.characters(), max_size=8).map("".join)
#: What the report itself makes of HTML.
OUR_TAGS = {
    *("h2", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li"),
    *("strong", "br", "code", "details", "summary", "b"),
}
WORST = "".join(NASTY)
#: Some are links only where a blank comes before them.
APART = " ".join(NASTY)


def shown_everywhere(text: str) -> Report:
    """A report in which a text stands wherever other people's texts do."""
    asset = AssetRef("chart", f"id {text}", 7, text)
    first = finding(message=f"about {text}", advice=f"do {text}", asset=asset)
    return report(
        first,
        first._replace(rule="DL901", name="unreadable-asset", severity=Severity.ERROR, dashboards=()),
        first._replace(
            severity=Severity.INFO, dashboards=(SALES, STOCK), location=Location(None, field=text)
        ),
        first._replace(dashboards=(STOCK,), location=Location(f"a/{text}.yaml", 3, 1, text)),
        dashboards=[
            dashboard(title=text, widest_filter=(text, 1)),
            dashboard(STOCK, text, file=f"{text}/d.yaml"),
        ],
        problems=[
            Problem("unreadable-file", f"cannot read {text}", f"b/{text}.yaml", 1),
            Problem("x", text),
        ],
        notes=(f"unknown {text}", text),
        rules=rules("DL301"),
    )


@given(TITLES)
@example(WORST)
@example(APART)
def test_github_sees_one_command_per_finding(text: str) -> None:
    log = formats.render("github", shown_everywhere(text))
    commands = commands_in(log)
    assert [command.name for command in commands] == ["error", "warning", "warning", "notice"]
    assert len(log.splitlines()) == 4
    for command in commands:
        assert set(command.properties) <= {"file", "line", "col", "title"}
        assert command.properties["title"] in {"DL301 missing-row-limit", "DL901 unreadable-asset"}
        assert (
            command.data == f"chart “{visible(text)}”: about {visible(text)}\n→ do {visible(text)}".rstrip()
        )


@given(TITLES)
@example(WORST)
@example(APART)
def test_no_log_line_of_other_formats_is_a_command(text: str) -> None:
    made = shown_everywhere(text)
    for name in ("sarif", "gitlab", "junit", "markdown"):
        assert commands_in(formats.render(name, made)) == []
    # At a terminal a title may be folded at any blank.
    assert commands_in(clean(text).replace(" ", "\n")) == []


@given(TITLES)
@example(WORST)
@example(APART)
def test_junit_parses(text: str) -> None:
    root = parse_junit(formats.render("junit", shown_everywhere(text)))
    # The rule that ran, for two dashboards and for none; the other that found something; two problems.
    assert len(root.findall(".//testcase")) == 6
    messages = [failure.get("message") for failure in root.iter("failure")]
    assert f"chart “{visible(text)}”: about {visible(text)}" in messages
    names = [(test.get("classname"), test.get("name")) for test in root.iter("testcase")]
    assert len(set(names)) == len(names), "GitLab reads the first of several tests of one name"


@given(TITLES)
@example(WORST)
@example(APART)
def test_sarif_is_valid_and_has_no_links(text: str) -> None:
    written = formats.render("sarif", shown_everywhere(text))
    assert visible(written.replace("\n", "")) == written.replace("\n", "")
    run = parse_sarif(written)
    assert len(run["results"]) == 4
    for result in run["results"]:
        message = result["message"]["text"]
        assert not re.search(r"\[.*\]\(.*\)", message)
        assert not re.search(r"[{}]", message.replace("{{", "").replace("}}", ""))
        for location in result["locations"]:
            uri = location.get("physicalLocation", {}).get("artifactLocation", {}).get("uri", "")
            assert re.fullmatch(r"(file:///)?([A-Za-z0-9._~/-]|%[0-9A-F]{2})*", uri)


@given(TITLES)
@example(WORST)
@example(APART)
def test_code_quality_is_valid(text: str) -> None:
    written = formats.render("gitlab", shown_everywhere(text))
    written.encode()
    assert len(parse_code_quality(written)) == 4


@pytest.mark.parametrize("rendered", [rendered_by_github, rendered_by_others])
@given(text=TITLES)
@example(text=WORST)
@example(text=APART)
def test_markdown_shows_text_and_nothing_else(rendered: Callable[[str], Page], text: str) -> None:
    page = rendered(formats.render("markdown", shown_everywhere(text)))
    assert set(page.tags) <= OUR_TAGS
    assert page.tags.count("tr") == 3
    shown = " ".join(visible(text).split())
    first, *_, widest, _ = page.cells[:6]
    assert len(page.cells) == 12
    assert (first, widest) == (shown, " ".join(f"{visible(text)}: 1".split()))
    assert page.tags.count("details") == page.tags.count("summary") == 5
    # Four findings, two problems, two notes.
    assert page.tags.count("li") == 8
    assert page.tags.count("strong") == 4
    # Forges look for these in the text of the finished page.
    assert not re.search(r"[@#!~&%$]\w|GH-\d|www\.|\b[a-z]+://", page.prose)
    plain = page.text.replace("\u2060", "")
    assert " ".join(f"chart “{visible(text)}”".split()) in " ".join(plain.split())


@given(TITLES)
@example(WORST)
@example(APART)
def test_json_keeps_the_text_and_can_be_written(text: str) -> None:
    written = formats.render("json", shown_everywhere(text)).encode()
    assert json.loads(written)["findings"][0]["asset"]["name"] == text


@given(TITLES)
@example(WORST)
@example(APART)
def test_what_is_visible_stays_so(text: str) -> None:
    shown = visible(text)
    assert visible(shown) == shown
    shown.encode()
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]", shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Umsätze – 売上 📈", "Umsätze – 売上 📈"),
        ("می\u200cروم", "می\u200cروم"),
        ("10\u00a0%", "10\u00a0%"),
        ("a\x1b[31mb", r"a\x1b[31mb"),
        ("a\nb", r"a\nb"),
        ("evil\u202egnp.exe", r"evil\u202egnp.exe"),
        ("##[error]x", r"\x23#[error]x"),
        ("##vso[task.setvariable]x", r"\x23#vso[task.setvariable]x"),
        ("## heading [1]", "## heading [1]"),
        ("::warning file=a::b", r"\x3a:warning file=a::b"),
        ("CAST(a)::date", "CAST(a)::date"),
    ],
)
def test_people_read_what_is_there(text: str, shown: str) -> None:
    assert visible(text) == shown
