"""What a runner and a forge make of a text: commands, and Markdown rendered."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import NamedTuple

import cmarkgfm
from cmarkgfm.cmark import Options
from markdown_it import MarkdownIt

#: The workflow commands that actions/runner registers.
COMMANDS = frozenset(
    {
        *("add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group", "notice"),
        *("remove-matcher", "save-state", "set-env", "set-output", "stop-commands", "warning"),
    }
)


class Command(NamedTuple):
    """A workflow command as the runner understands it."""

    name: str
    properties: dict[str, str]
    data: str


def commands_in(log: str) -> list[Command]:
    """The commands that the runner finds in a log: ActionCommand.cs of actions/runner, both spellings."""
    # .NET's ReadLine, by which the runner reads, ends lines at these three.
    return [command for line in re.split("\r\n|\r|\n", log) if (command := _command(line)) is not None]


def _command(line: str) -> Command | None:
    text = line.lstrip()
    if text.startswith("::") and "::" in text[2:]:
        head, _, data = text[2:].partition("::")
        name, _, properties = head.partition(" ")
        if name.lower() in COMMANDS:
            pairs = [pair.split("=", 1) for pair in properties.strip().split(",") if "=" in pair]
            return Command(name, {key: _plain(value, ":,") for key, value in pairs}, _plain(data))
    old = re.search(r"##\[([^\] ]*)[^\]]*\](.*)", line)
    if old and old[1].lower() in COMMANDS:
        return Command(old[1], {}, old[2])
    return None


def _plain(text: str, more: str = "") -> str:
    for character in f"\r\n{more}%":
        text = text.replace(f"%{ord(character):02X}", character)
    return text


class Page(HTMLParser):
    """What stands on a rendered page: its tags, its text, its text outside code, and its tables' cells."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.prose = ""
        self.cells: list[str] = []
        self._code = 0
        self._cell: str | None = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.tags.append(tag)
        self._code += tag == "code"
        if tag == "td":
            self._cell = ""

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag == "code"
        if tag == "td" and self._cell is not None:
            self.cells.append(" ".join(self._cell.replace("\u2060", "").split()))
            self._cell = None

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._cell is not None:
            self._cell += data
        if not self._code:
            self.prose += data


def rendered_by_github(markdown: str) -> Page:
    """With GitHub's own renderer: tables, strikethrough, autolinks, and HTML as it is."""
    return Page(cmarkgfm.github_flavored_markdown_to_html(markdown, options=Options.CMARK_OPT_UNSAFE))


def rendered_by_others(markdown: str) -> Page:
    """With markdown-it, as Azure DevOps and editors do."""
    parser = MarkdownIt("gfm-like", {"html": True, "linkify": True})
    assert parser.linkify is not None
    # Bare words with a dot become links in some places; orders.country shall stay readable.
    parser.linkify.set({"fuzzy_link": False})
    return Page(parser.render(markdown))
