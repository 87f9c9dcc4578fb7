"""Text from assets in Markdown: shown as it is, never as markup, links, mentions or HTML."""

from __future__ import annotations

import re

#: Punctuation that Markdown of GitHub, GitLab, Bitbucket or Azure DevOps may give a meaning: emphasis, code,
#: links, HTML and entities, tables, headings, mathematics.
_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+!|~$&^=-])")
#: What they turn into links by themselves: mentions, references, addresses, commit hashes stay readable with
#: a word joiner behind the sign that starts them (U+2060, which has no width).
_LINKING = re.compile(r"@|:(?=//)|(?<=www)\.|(?i:(?<=GH)-)|[!#](?=\d)")
#: Characters that change the direction of what follows (Unicode, UAX #9) or have no width.
_HIDDEN = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")


def plain(text: str) -> str:
    """One line without control characters; what would reorder or hide text is written as ``U+202E``."""
    visible = _HIDDEN.sub(lambda found: f"U+{ord(found.group()):04X}", text)
    return " ".join("".join(c if c.isprintable() else " " for c in visible).split())


def escape(text: str) -> str:
    """Any text as Markdown that shows just that text, on one line, also in a table."""
    joined = _LINKING.sub(lambda found: found.group() + "\u2060", plain(text))
    return _MARKUP.sub(r"\\\1", joined)


def emphasis(text: str) -> str:
    """A name from an asset in italics."""
    shown = escape(text)
    return f"_{shown}_" if shown else "_(no name)_"
