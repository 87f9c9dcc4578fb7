"""SARIF 2.1.0, the format of code scanning: GitHub, GitLab, Azure DevOps, editors.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. What GitHub makes of it:
https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from dashlint import __version__
from dashlint.assets import Location, Problem
from dashlint.lint.model import Finding, Severity
from dashlint.report.identity import fingerprints
from dashlint.report.model import DashboardSummary, Report
from dashlint.report.places import Place, place_of
from dashlint.report.sarif_rules import LEVELS, NOTE, descriptors, notifications
from dashlint.report.text import advice, sentence, visible

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
#: What the root of the repository is called in SARIF's own examples (§3.14.14).
_ROOT = "%SRCROOT%"
#: GitHub reads this many locations of a result (its table of limits).
_RELATED = 100


def render(report: Report) -> str:
    """One JSON document on one line: programs read it, and laid out it is more than twice as long."""
    return json.dumps(document(report), ensure_ascii=False, separators=(",", ":")) + "\n"


def document(report: Report) -> dict[str, Any]:
    """The report as plain JSON values: one run, one result per finding."""
    rules = descriptors(report)
    numbers = {rule["id"]: number for number, rule in enumerate(rules)}
    dashboards = {summary.uuid: summary for summary in report.dashboards}
    marks = fingerprints(report.findings)
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "dashlint",
                        "version": __version__,
                        "semanticVersion": __version__,
                        "rules": rules,
                        "notifications": notifications(report),
                    }
                },
                "invocations": [
                    {"executionSuccessful": True, "toolExecutionNotifications": _notices(report)}
                ],
                # Where the root is on this machine is nobody's business; forges know it.
                "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
                "columnKind": "unicodeCodePoints",
                "results": [
                    _result(finding, mark, numbers[finding.rule], dashboards)
                    for finding, mark in zip(report.findings, marks, strict=True)
                ],
            }
        ],
    }


def _result(
    finding: Finding, mark: str, rule: int, dashboards: dict[str, DashboardSummary]
) -> dict[str, Any]:
    result = {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": LEVELS[finding.severity],
        "message": {"text": _message(f"{sentence(finding)}\n{advice(finding)}".rstrip())},
        "locations": [_location(finding)],
        # GitHub tracks alerts by primaryLocationLineHash, which its upload action computes and compares: a
        # value of our own there would be a warning for every result.
        "partialFingerprints": {"dashlint/v1": mark},
        "properties": {
            "confidence": finding.confidence.value,
            "field": _clean(finding.location.field),
            "memory": finding.memory._asdict() if finding.memory is not None else None,
            "saving": finding.saving._asdict() if finding.saving is not None else None,
            "asset": {key: _clean(value) for key, value in finding.asset._asdict().items()},
        },
    }
    related = _related(finding, dashboards)
    return {**result, "relatedLocations": related} if related else result


def _location(finding: Finding) -> dict[str, Any]:
    asset = finding.asset
    place = place_of(finding.location)
    name = visible(f"{place.member}: {asset.name}" if place is not None and place.member else asset.name)
    logical = {"name": name, "fullyQualifiedName": visible(f"{asset.kind}/{asset.uuid}"), "kind": asset.kind}
    location: dict[str, Any] = {"logicalLocations": [logical]}
    if place is not None:
        location["physicalLocation"] = _physical(place)
    return location


def _related(finding: Finding, dashboards: dict[str, DashboardSummary]) -> list[dict[str, Any]]:
    """The other files that a finding concerns: those of the dashboards that show the asset."""
    shown = [dashboards[uuid] for uuid in finding.dashboards if uuid in dashboards]
    related: list[dict[str, Any]] = []
    for summary in shown:
        own = summary.file is not None and summary.file == finding.location.file
        if own or summary.uuid == finding.asset.uuid.partition("/")[0]:
            continue
        place = place_of(Location(summary.file))
        location: dict[str, Any] = {
            "id": len(related) + 1,
            "message": {"text": _message(f"dashboard “{visible(summary.title)}”")},
        }
        if place is not None:
            location["physicalLocation"] = _physical(place)
        else:
            name = visible(summary.title)
            location["logicalLocations"] = [
                {
                    "name": name,
                    "fullyQualifiedName": visible(f"dashboard/{summary.uuid}"),
                    "kind": "dashboard",
                }
            ]
        related.append(location)
    return related[:_RELATED]


def _physical(place: Place) -> dict[str, Any]:
    if place.inside:
        artifact = {"uri": _quoted(place.path), "uriBaseId": _ROOT}
    else:
        # A path has one slash at its beginning, that of a share of Windows two and a host, a drive none.
        host = "//" if place.path.startswith("//") else "///"
        artifact = {"uri": f"file:{host}{_quoted(place.path.lstrip('/'), more=':')}"}
    if place.member is not None or place.line is None:
        return {"artifactLocation": artifact}
    region = {"startLine": place.line}
    if place.column is not None:
        region["startColumn"] = place.column
    return {"artifactLocation": artifact, "region": region}


def _quoted(path: str, more: str = "") -> str:
    return quote(path.encode("utf-8", "backslashreplace"), safe=f"/{more}")


def _notices(report: Report) -> list[dict[str, Any]]:
    """What could not be used and what was not known."""
    notes = [
        {"descriptor": {"id": NOTE}, "level": "note", "message": {"text": _message(visible(note))}}
        for note in report.notes
    ]
    return [*map(_notice, report.problems), *notes]


def _notice(problem: Problem) -> dict[str, Any]:
    notice: dict[str, Any] = {
        "descriptor": {"id": problem.kind},
        "level": LEVELS[Severity.WARNING],
        "message": {"text": _message(visible(problem.message))},
    }
    place = place_of(Location(problem.file, problem.line, problem.column))
    if place is not None:
        notice["locations"] = [{"physicalLocation": _physical(place)}]
    return notice


def _message(text: str) -> str:
    """A plain text message: braces doubled, as they mark placeholders (§3.11.5), and no links (§3.11.6)."""
    return text.replace("{", "{{").replace("}", "}}").replace("](", "] (")


def _clean(value: str | int | None) -> str | int | None:
    return visible(value) if isinstance(value, str) else value
