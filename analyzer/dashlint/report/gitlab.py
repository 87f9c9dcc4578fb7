"""GitLab's Code Quality report, which merge requests show beside the changed lines.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import json
from typing import Any

from dashlint.lint.model import Finding, Severity
from dashlint.report.identity import fingerprints
from dashlint.report.model import Report
from dashlint.report.places import place_of
from dashlint.report.text import advice, sentence, visible

#: GitLab's severities are info, minor, major, critical and blocker.
_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "info"}


def render(report: Report) -> str:
    """A JSON array, two spaces deep, with a newline at the end."""
    issues = [
        _issue(finding, fingerprint)
        for finding, fingerprint in zip(report.findings, fingerprints(report.findings), strict=True)
    ]
    return json.dumps(issues, indent=2, ensure_ascii=False) + "\n"


def _issue(finding: Finding, fingerprint: str) -> dict[str, Any]:
    description = f"{sentence(finding)} {advice(finding)}".rstrip()
    place = place_of(finding.location)
    if place is None:
        # GitLab wants a path. For an asset on a server there is none; this one at least tells which it is.
        asset = finding.asset
        path, line = f"superset/{asset.kind}/{asset.id if asset.id is not None else asset.uuid}", None
    elif place.member is not None:
        path, line = place.path, None
        description += f" ({visible(place.shown)})"
    else:
        path, line = place.path, place.line
    return {
        "description": description,
        "check_name": finding.rule,
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[finding.severity],
        # A file as a whole begins at its first line: GitLab takes no issue without one.
        "location": {"path": visible(path), "lines": {"begin": line or 1}},
    }
