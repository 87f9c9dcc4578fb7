"""Other people's text inside Markdown: shown as it is, never as a link, markup, a mention or a reference."""

from __future__ import annotations

import html
import re

from dashlint.report.text import visible

#: Invisible, of no width, and no break for a line: what a forge would link no longer is what it looks for.
_JOINER = "\u2060"
#: Behind these, forges look for somebody or something to link: people, issues, merge requests, milestones,
#: labels, snippets and epics (https://docs.gitlab.com/user/markdown/#gitlab-specific-references; GitHub knows
#: the first two).
_REFERENCE = re.compile(r'[@#!%~$&](?=[\w"])')
#: Addresses that become links by themselves (GitHub Flavored Markdown, 6.9), and GitHub's ``GH-12``.
_ADDRESS = re.compile(r"/(?=/)|\w(?=@)|(?:mailto|xmpp):|www(?=\.)|GH-(?=\d)", re.IGNORECASE)
#: Characters that begin markup, in the middle of a line; ``$`` begins a formula.
_MARKUP = re.compile(r"[\\`*_\[\]|~$]")

#: What begins a heading, an item or a rule at the start of a line.
_BLOCK = re.compile(r"[#+=-]|(?<=\d)[.)]")


def inline(text: str) -> str:
    """Text for the middle of a line or for a cell of a table."""
    escaped = html.escape(_MARKUP.sub(r"\\\g<0>", "\0".join(_parts(text))), quote=False)
    return escaped.replace("\0", _JOINER)


def line(text: str) -> str:
    """Text that begins a line or an item of a list."""
    shown = inline(text.strip())
    digits = len(shown) - len(shown.lstrip("0123456789"))
    begins = _BLOCK.match(shown, digits)
    return f"{shown[:digits]}\\{shown[digits:]}" if begins else shown


def inside_html(text: str) -> str:
    """Text for an HTML element on a line of its own, where Markdown means nothing."""
    return html.escape(_JOINER.join(_parts(text)))


def code(text: str) -> str:
    """Text as code, not for tables: in it, nothing means anything but backticks."""
    shown = visible(text)
    longest = max(map(len, re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    space = " " if "`" in shown or shown != shown.strip() or not shown else ""
    return f"{fence}{space}{shown}{space}{fence}"


def linked(shown: str, url: str | None) -> str:
    """Markdown that leads to an address of ours, or as it is where there is none."""
    return f"[{shown}]({url})" if url is not None else shown


def _parts(text: str) -> list[str]:
    """The text cut behind everything that would start a reference or an address."""
    marked = _REFERENCE.sub("\\g<0>\0", visible(text))
    return _ADDRESS.sub("\\g<0>\0", marked).split("\0")
