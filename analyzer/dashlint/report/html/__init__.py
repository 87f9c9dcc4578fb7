"""One HTML page that holds everything: it opens offline, asks no network and runs no script but its own.

Names and SQL are other people's. They are in a block of JSON, which a browser does not run, and the page's
script puts them into text nodes only. The page's Content-Security-Policy allows this one script and this one
style by their hashes and nothing else, and no way from text to markup (``require-trusted-types-for``).
"""

from __future__ import annotations

import base64
import hashlib
import json
from importlib.resources import files

from dashlint.report.html.data import document
from dashlint.report.model import Report

#: The page's script, in this order.
_SCRIPTS = (
    "base.js",
    "words.js",
    "overview.js",
    "layout.js",
    "fanout.js",
    "dashboard.js",
    "findings.js",
    "main.js",
)


def render(report: Report) -> str:
    """The report as one HTML document, with a newline at the end."""
    from jinja2 import Environment, StrictUndefined

    script = "\n".join(['"use strict";', "(() => {", *map(_read, _SCRIPTS), "})();\n"])
    style = _read("style.css")
    environment = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    return environment.from_string(_read("page.html.jinja")).render(
        # A browser trims nothing: the hash is that of all that stands between the tags.
        script=script,
        style=style,
        script_hash=_hash(script),
        style_hash=_hash(style),
        data=_json(document(report)),
    )


def _read(name: str) -> str:
    return files("dashlint.report.html").joinpath(name).read_text("utf-8").replace("\r\n", "\n")


def _hash(text: str) -> str:
    """A source of a Content-Security-Policy (CSP level 3, 2.3.1: hash-source)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _json(value: object) -> str:
    """JSON that may stand in a ``<script>``: without ``<``, nothing ends the block or begins a comment."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
