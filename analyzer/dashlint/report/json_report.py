"""The report as JSON, version 1: fields are only ever added."""

from __future__ import annotations

import json
from typing import Any

from dashlint import __version__
from dashlint.cost.model import Cost
from dashlint.lint.model import Finding, Severity
from dashlint.report.model import DashboardSummary, Report


def render(report: Report) -> str:
    """One JSON document, two spaces deep, with a newline at the end.

    Texts are as they were read. A lone surrogate, which no encoding can write, stands as JSON's own escape.
    """
    text = json.dumps(document(report), indent=2, ensure_ascii=False) + "\n"
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def document(report: Report) -> dict[str, Any]:
    """The report as plain JSON values."""
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
        "dashboards": [dashboard_values(summary) for summary in report.dashboards],
        "findings": [finding_values(finding) for finding in report.findings],
        "problems": [problem._asdict() for problem in report.problems],
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
    plain = summary._asdict()
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
        "location": finding.location._asdict(),
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


def _cost(cost: Cost | None) -> dict[str, Any] | None:
    return cost._asdict() if cost is not None else None
