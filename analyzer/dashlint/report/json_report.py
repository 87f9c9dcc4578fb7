"""The report as JSON, version 1: fields are only ever added."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dashlint import __version__
from dashlint.cost.model import Cost
from dashlint.lint.model import Finding, Severity
from dashlint.report.model import DashboardSummary, Report

_encode = json.JSONEncoder(indent=2, ensure_ascii=False).encode
_SEPARATOR = os.sep


def render(report: Report) -> str:
    """One JSON document, two spaces deep, with a newline at the end.

    Texts are as they were read. A lone surrogate, which no encoding can write, stands as JSON's own escape.
    """
    return "".join(pieces(report))


def pieces(report: Report) -> Iterator[str]:
    """What :func:`render` gives, piece by piece: of 20,000 charts, it took 40 MiB to make as a whole."""
    for piece in _document(_values(report)):
        yield piece if piece.isascii() else piece.encode("utf-8", "backslashreplace").decode("utf-8")


def _document(values: Mapping[str, Any]) -> Iterator[str]:
    before = "{"
    for key, value in values.items():
        yield f"{before}\n  {_encode(key)}: "
        before = ","
        if isinstance(value, Iterator):
            yield from _list(value)
        else:
            yield _deeper(value, 2)
    yield "\n}\n"


def _list(items: Iterable[Any]) -> Iterator[str]:
    before = "["
    for item in items:
        yield f"{before}\n    {_deeper(item, 4)}"
        before = ","
    yield "[]" if before == "[" else "\n  ]"


def _deeper(value: Any, columns: int) -> str:
    # A line break within a text is an escape.
    return _encode(value).replace("\n", "\n" + " " * columns)


def _values(report: Report) -> dict[str, Any]:
    """The report as plain JSON values, what may be long as iterators."""
    return {
        "version": 1,
        "dashlint": __version__,
        "superset": report.superset,
        "summary": {
            **report.counts._asdict(),
            "findings": {
                severity.value: report.count_of(severity)
                for severity in (Severity.ERROR, Severity.WARNING, Severity.INFO)
            },
            "problems": len(report.problems),
            "suppressed": report.suppressed,
            "accepted": report.accepted,
        },
        "dashboards": (dashboard_values(summary) for summary in report.dashboards),
        "findings": (finding_values(finding) for finding in report.findings),
        "problems": (portable(problem._asdict()) for problem in report.problems),
        "notes": list(report.notes),
        **_plan(report),
    }


def _plan(report: Report) -> dict[str, Any]:
    if report.plan is None:
        return {}
    from dashlint.report.plan_json import plan_values

    return {"plan": plan_values(report.plan)}


def dashboard_values(summary: DashboardSummary) -> dict[str, Any]:
    """A dashboard's figures as plain JSON values."""
    widest = summary.widest_filter
    plain = portable(summary._asdict())
    del plain["widest_filter_queries"], plain["widest_filter_memory"]
    return {
        **plain,
        "memory_on_load": _cost(summary.memory_on_load),
        "widest_filter": {
            "name": widest[0],
            "charts": widest[1],
            "queries": summary.widest_filter_queries,
            "memory": _cost(summary.widest_filter_memory),
        }
        if widest
        else None,
    }


def finding_values(finding: Finding) -> dict[str, Any]:
    """A finding as plain JSON values."""
    return {
        "rule": finding.rule,
        "name": finding.name,
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "message": finding.message,
        "advice": finding.advice or None,
        "asset": finding.asset._asdict(),
        "dashboards": list(finding.dashboards),
        "location": portable(finding.location._asdict()),
        "memory": _cost(finding.memory),
        "saving": _cost(finding.saving),
        "fix": {"safety": finding.fix.safety, "description": finding.fix.description}
        if finding.fix
        else None,
        "proposal": list(finding.proposal),
        "proof": finding.proof._asdict() if finding.proof is not None else None,
        "docs": f"docs/rules/{finding.rule}.md",
        "url": finding.url,
    }


def portable(values: dict[str, Any]) -> dict[str, Any]:
    """Values whose ``file`` has slashes: it may be compared, or become a comment, on another system."""
    file = values["file"]
    if _SEPARATOR != "/" and file is not None:
        return {**values, "file": file.replace(_SEPARATOR, "/")}
    return values


def _cost(cost: Cost | None) -> dict[str, Any] | None:
    return cost._asdict() if cost is not None else None
