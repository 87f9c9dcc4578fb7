"""Where the documentation is read: one place for every address that dashlint prints."""

from __future__ import annotations

import re

#: The site, with a slash at its end; ``[project.urls]`` in pyproject.toml says the same.
SITE = "https://dashlint.github.io/dashlint/"

#: What an address of a page may look like, so that it cannot steer a terminal or end a link in Markdown.
_PLAIN = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&'*+,;=%-]+")


def rule_page(code: str) -> str:
    """The page of a built-in rule. It stays where it is, as codes do."""
    return f"{SITE}rules/{code}.html"


def plain(url: str) -> str | None:
    """An address that may be written anywhere, else None."""
    return url if _PLAIN.fullmatch(url) else None
