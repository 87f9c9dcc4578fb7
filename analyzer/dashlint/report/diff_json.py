"""A comparison as JSON, version 1: fields are only ever added. ``dashlint comment`` reads it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from dashlint import __version__, json_text
from dashlint.report.diff import DashboardChange, Diff
from dashlint.report.json_read import NotAReportError, read_dashboard, read_finding, read_problem
from dashlint.report.json_report import dashboard_values, finding_values, portable
from dashlint.report.model import DashboardSummary


def render(diff: Diff) -> str:
    """One JSON document, two spaces deep, with a newline at the end."""
    document = {
        "version": 1,
        "dashlint": __version__,
        "base": diff.base,
        "head": diff.head,
        "complete": diff.complete,
        "summary": {
            "dashboards": len(diff.dashboards),
            "new": len(diff.new),
            "fixed": len(diff.fixed),
            "unchanged": diff.unchanged,
            "growth": _total(change.growth for change in diff.dashboards),
        },
        "dashboards": [
            {"before": _side(c.before), "after": _side(c.after), "growth": c.growth} for c in diff.dashboards
        ],
        "new": [finding_values(finding) for finding in diff.new],
        "fixed": [finding_values(finding) for finding in diff.fixed],
        "problems": [portable(problem._asdict()) for problem in diff.problems],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def parse(text: str) -> Diff:
    """Reads what :func:`render` wrote.

    Raises:
        NotAReportError: it is something else.
    """
    try:
        raw = json_text.decode(text)
    except ValueError as error:
        raise NotAReportError(f"it is not valid JSON ({error})") from None
    if not isinstance(raw, Mapping) or raw.get("version") != 1 or "new" not in raw:
        raise NotAReportError("it was not written by `dashlint diff --format json` of this version")
    try:
        return Diff(
            str(raw["base"]),
            str(raw["head"]),
            tuple(DashboardChange(_read(d["before"]), _read(d["after"])) for d in raw["dashboards"]),
            tuple(map(read_finding, raw["new"])),
            tuple(map(read_finding, raw["fixed"])),
            int(raw["summary"]["unchanged"]),
            tuple(map(read_problem, raw["problems"])),
            bool(raw["complete"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NotAReportError(f"something in it is not as dashlint writes it ({error!r:.200})") from None


def _side(summary: DashboardSummary | None) -> dict[str, Any] | None:
    return dashboard_values(summary) if summary is not None else None


def _read(raw: Mapping[str, Any] | None) -> DashboardSummary | None:
    return read_dashboard(raw) if raw is not None else None


def _total(parts: Iterable[int | None]) -> int | None:
    """The sum; unknown where a part is."""
    found = list(parts)
    return sum(p for p in found if p is not None) if None not in found else None
