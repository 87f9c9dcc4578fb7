"""Titles and messages in Markdown are shown, never obeyed."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from dashlint.report.markup import emphasis, escape, plain

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "![x](https://example.com/a.png)",
    "`code` and **bold** _it_ ~~gone~~",
    "a | b | c",
    "# head\n\n- list",
    "&lt;b&gt; &amp; &#x41;",
    "1. one",
    "--- ===",
    "</details></summary>",
    "\\\\ \\| \\",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_titles(text: str) -> None:
    assert shown(escape(text)) == plain(text)


@given(st.text(max_size=60))
def test_any_text_is_shown_as_it_is(text: str) -> None:
    assert shown(escape(text)) == plain(text)
    assert "\n" not in escape(text)


@given(st.text(max_size=40))
def test_a_title_stays_in_its_cell(text: str) -> None:
    rendered = MARKDOWN.render(f"| a | b |\n|---|---|\n| {escape(text)} | end |\n")
    assert rendered.count("<td>") == 2
    assert "<td>end</td>" in rendered


@pytest.mark.parametrize("text", ["@octocat", "#12", "https://example.com", "www.example.com", "GH-7", "!5"])
def test_nothing_becomes_a_link_by_itself(text: str) -> None:
    written = escape(text).replace("\\", "")
    assert text not in written
    assert text == written.replace("\u2060", "")


def test_right_to_left_overrides_are_visible() -> None:
    assert plain("user\u202etxt.exe") == "userU+202Etxt.exe"


def test_a_name_in_italics() -> None:
    assert MARKDOWN.render(emphasis("Sales * by_day")) == "<p><em>Sales * by_day</em></p>\n"
    assert emphasis("") == "_(no name)_"


def shown(markdown: str) -> str:
    """What a reader sees; fails where anything but text was made of it."""
    rendered = MARKDOWN.render(f"x{markdown}x").removeprefix("<p>").removesuffix("</p>\n")
    assert not re.search(r"<(?!br)", rendered), rendered
    text = html.unescape(rendered).replace("\u2060", "")
    return text[1:-1]
