"""What the page's script reads, as plain JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from dashlint import __version__
from dashlint.assets import Location
from dashlint.cost.model import Cost, Rows
from dashlint.lint import docs
from dashlint.lint.model import Finding
from dashlint.report.model import DashboardSummary, Report
from dashlint.report.pages import Details, Page
from dashlint.report.places import place_of
from dashlint.report.text import visible


def document(report: Report) -> dict[str, Any]:
    """The whole report. Texts of others show what steers a display as escapes; SQL keeps its lines."""
    made = report.details() if report.details is not None else Details((), ())
    pages = {page.uuid: page for page in made.pages}
    values = _plain(
        {
            "version": __version__,
            "superset": report.superset,
            "assumed": report.assumed_version,
            "read": report.counts.words(),
            # Nothing but files that say how Superset is run: then there is no list of dashboards.
            "deployment": bool(report.counts.deployment_files) and not any(report.counts[:3]),
            "suppressed": report.suppressed,
            "accepted": report.accepted,
            "dashboards": [_dashboard(one, pages.get(one.uuid)) for one in report.dashboards],
            "findings": [_finding(finding) for finding in report.findings],
            "problems": [problem._asdict() for problem in report.problems],
            "notes": report.notes,
        }
    )
    found = {finding.rule for finding in report.findings}
    return {
        **values,
        # Written by rules, with line ends that count.
        "rules": {
            rule.code: {
                "summary": docs.summary(type(rule)),
                "body": docs.body(type(rule)),
                "url": rule.url(),
            }
            for rule in report.rules
            if rule.code in found
        },
        "sql": ["\n".join(visible(line.expandtabs(4)) for line in text.splitlines()) for text in made.sql],
    }


def _dashboard(summary: DashboardSummary, page: Page | None) -> dict[str, Any]:
    place = place_of(Location(summary.file))
    return {**summary._asdict(), "file": place.shown if place is not None else None, "page": page}


def _finding(finding: Finding) -> dict[str, Any]:
    place = place_of(finding.location)
    return {
        "rule": finding.rule,
        "name": finding.name,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "message": finding.message,
        "advice": finding.advice,
        "asset": finding.asset,
        "dashboards": finding.dashboards,
        "field": finding.location.field,
        "place": place.shown if place is not None else None,
        "memory": finding.memory,
        "saving": finding.saving,
        "fix": {"safety": finding.fix.safety, "description": finding.fix.description}
        if finding.fix
        else None,
        "proposal": [line for statement in finding.proposal for line in statement.splitlines()],
        "proof": finding.proof.sentence if finding.proof is not None else None,
    }


def _plain(value: Any) -> Any:
    """JSON values: costs and rows as ``[expected, upper, basis]``, other tuples with names as objects."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, (Cost, Rows)):
        return list(value)
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(one) for one in value]
    return value
