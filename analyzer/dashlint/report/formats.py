"""The formats of a report, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module

from dashlint.report.model import Report

#: Formats that are text from beginning to end, and the modules whose ``render`` writes them. The report at a
#: terminal is drawn on a console instead (:mod:`dashlint.report.terminal`).
MODULES = {
    "json": "dashlint.report.json_report",
    "sarif": "dashlint.report.sarif",
    "github": "dashlint.report.github",
    "gitlab": "dashlint.report.gitlab",
    "junit": "dashlint.report.junit",
    "markdown": "dashlint.report.markdown",
    "html": "dashlint.report.html",
}
#: Every format that ``scan`` knows.
NAMES = ("terminal", *MODULES)


def render(name: str, report: Report) -> str:
    """A report in one of ``MODULES``' formats, with a newline at the end."""
    writer: Callable[[Report], str] = import_module(MODULES[name]).render
    return writer(report)


def pieces(name: str, report: Report) -> Iterable[str]:
    """What :func:`render` gives; where the format can, not all of it at once."""
    writer: Callable[[Report], Iterable[str]] | None = getattr(import_module(MODULES[name]), "pieces", None)
    return writer(report) if writer is not None else [render(name, report)]
