"""A report's JSON → the report, so that one made elsewhere or earlier can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashlint import json_text
from dashlint.assets import Location, Problem
from dashlint.cost.model import BASES, Cost
from dashlint.lint import links
from dashlint.lint.model import AssetRef, Confidence, Finding, Fix, Severity
from dashlint.report.model import Counts, DashboardSummary, Report

_MOST = 10**300


class NotAReportError(ValueError):
    """A text that is no report of ``dashlint scan --format json``; says why in one sentence."""


def parse(text: str) -> Report:
    """Reads a report of version 1. What newer versions added is passed over.

    Raises:
        NotAReportError: it is none, or of another version.
    """
    try:
        raw = json_text.decode(text)
    except ValueError as error:
        raise NotAReportError(f"it is not valid JSON ({error})") from None
    if not isinstance(raw, Mapping) or "findings" not in raw or "dashboards" not in raw:
        raise NotAReportError("it is not a report of `dashlint scan --format json`")
    if raw.get("version") != 1:
        raise NotAReportError(f"it has version {raw.get('version')!r:.40}; this dashlint reads version 1")
    try:
        return _report(raw)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NotAReportError(f"something in it is not as dashlint writes it ({error!r:.200})") from None


def _report(raw: Mapping[str, Any]) -> Report:
    summary = raw["summary"]
    return Report(
        superset=str(raw["superset"]),
        assumed_version=False,
        # Reports of earlier versions count no files of a deployment.
        counts=Counts(**{key: int(summary.get(key, 0)) for key in Counts._fields}),
        dashboards=tuple(read_dashboard(each) for each in raw["dashboards"]),
        findings=tuple(read_finding(each) for each in raw["findings"]),
        problems=tuple(map(read_problem, raw.get("problems", ()))),
        notes=tuple(map(str, raw.get("notes", ()))),
        suppressed=int(summary.get("suppressed", 0)),
        accepted=int(summary.get("accepted", 0)),
    )


def read_dashboard(raw: Mapping[str, Any]) -> DashboardSummary:
    """A dashboard's figures from plain JSON values."""
    widest = raw["widest_filter"]
    return DashboardSummary(
        uuid=str(raw["uuid"]),
        id=_whole(raw["id"]),
        title=str(raw["title"]),
        file=_text(raw.get("file")),
        charts=int(raw["charts"]),
        charts_on_load=int(raw["charts_on_load"]),
        queries_on_load=int(raw["queries_on_load"]),
        memory_on_load=_cost(raw["memory_on_load"]) or Cost(None, None),
        widest_filter=(str(widest["name"]), int(widest["charts"])) if widest else None,
        widest_filter_queries=_whole(widest.get("queries")) if widest else None,
        widest_filter_memory=_cost(widest.get("memory")) if widest else None,
    )


def read_problem(raw: Mapping[str, Any]) -> Problem:
    """A problem from plain JSON values."""
    return Problem(
        str(raw["kind"]),
        str(raw["message"]),
        _text(raw.get("file")),
        _whole(raw.get("line")),
        _whole(raw.get("column")),
    )


def read_finding(raw: Mapping[str, Any]) -> Finding:
    """A finding from plain JSON values."""
    asset, location, fix = raw["asset"], raw["location"], raw.get("fix")
    page = links.rule_page(str(raw["rule"]))
    return Finding(
        rule=str(raw["rule"]),
        name=str(raw["name"]),
        severity=Severity(raw["severity"]),
        confidence=Confidence(raw["confidence"]),
        message=str(raw["message"]),
        asset=AssetRef(str(asset["kind"]), str(asset["uuid"]), _whole(asset["id"]), str(asset["name"])),
        location=Location(
            _text(location.get("file")),
            _whole(location.get("line")),
            _whole(location.get("column")),
            _text(location.get("field")),
        ),
        dashboards=tuple(map(str, raw["dashboards"])),
        advice=str(raw.get("advice") or ""),
        memory=_cost(raw.get("memory")),
        saving=_cost(raw.get("saving")),
        fix=Fix(str(fix["safety"]), str(fix["description"])) if fix else None,
        # A comparison may come from a fork's pipeline, and becomes a comment: no addresses of its own.
        url=page if raw.get("url") == page else None,
    )


def _cost(raw: Mapping[str, Any] | None) -> Cost | None:
    if not raw:
        return None
    if raw["basis"] not in BASES:
        raise ValueError(f"{raw['basis']!r:.40} is no basis of a figure")
    return Cost(_whole(raw["expected"]), _whole(raw["upper"]), raw["basis"])


def _text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{value!r:.40} should be text")
    return value


def _whole(value: Any) -> int | None:
    # Floats end at 308 digits, and what is shown is computed with them.
    if value is not None and (type(value) is not int or abs(value) > _MOST):
        raise TypeError(f"{value!r:.40} should be a whole number")
    return value
