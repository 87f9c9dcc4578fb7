"""Rows of :mod:`dashlint.fleet.store_tables` and the results that they stand for."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dashlint.fleet.model import Change, Failure, Figures, Known, Load, Result, Widest

if TYPE_CHECKING:
    from sqlalchemy import Row

#: Bytes of a TEXT column of MySQL and MariaDB; every character takes four at most.
_LONGEST = 65_535 // 4


def columns(result: Result) -> dict[str, Any]:
    """What the table of results holds of a result."""
    figures, failure, change = result.figures, result.failure, result.change
    heaviest = figures.heaviest if figures is not None else None
    widest = figures.widest if figures is not None else None
    return {
        "state": result.state,
        "started": result.started.isoformat() if result.started is not None else None,
        "finished": result.finished.isoformat() if result.finished is not None else None,
        "attempts": result.attempts,
        "fails": int(result.fails),
        **{key: getattr(figures, key, None) for key in Figures._fields if key not in ("heaviest", "widest")},
        "heaviest_dashboard": short(heaviest.dashboard) if heaviest is not None else None,
        "heaviest_expected": heaviest.expected if heaviest is not None else None,
        "heaviest_upper": heaviest.upper if heaviest is not None else None,
        "widest_dashboard": short(widest.dashboard) if widest is not None else None,
        "widest_filter": short(widest.name) if widest is not None else None,
        "widest_charts": widest.charts if widest is not None else None,
        "since_run": change.since if change is not None else None,
        "new_findings": change.new if change is not None else None,
        "fixed_findings": change.fixed if change is not None else None,
        "remaining_findings": change.remaining if change is not None else None,
        "problems": json.dumps([short(text, 500) for text in result.problems]),
        "failure": failure.kind if failure is not None else None,
        "message": short(failure.message) if failure is not None else None,
        "exit_code": failure.exit_code if failure is not None else None,
        "transient": int(failure.transient) if failure is not None else None,
        "cpu": result.cpu,
        "memory": result.memory,
    }


def result_of(row: Row[Any], findings: tuple[Known, ...]) -> Result:
    """A result from its row in the table of results."""
    figures = failure = change = None
    if row.dashboards is not None:
        heaviest = row.heaviest_dashboard
        figures = Figures(
            row.superset,
            *(row.dashboards, row.charts, row.datasets),
            *(row.errors, row.warnings, row.infos),
            Load(heaviest, row.heaviest_expected, row.heaviest_upper) if heaviest is not None else None,
            Widest(row.widest_dashboard, row.widest_filter, row.widest_charts)
            if row.widest_filter is not None
            else None,
        )
    if row.failure is not None:
        failure = Failure(row.failure, row.message, row.exit_code, bool(row.transient))
    if row.since_run is not None:
        change = Change(row.since_run, row.new_findings, row.fixed_findings, row.remaining_findings)
    return Result(
        row.workspace,
        row.state,
        started=_moment(row.started),
        finished=_moment(row.finished),
        figures=figures,
        findings=findings,
        fails=bool(row.fails),
        problems=tuple(json.loads(row.problems or "[]")),
        failure=failure,
        change=change,
        attempts=row.attempts,
        cpu=row.cpu,
        memory=row.memory,
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None


def finding_columns(finding: Known) -> dict[str, Any]:
    """What the table of findings holds of one."""
    texts = {key: short(value) for key, value in finding._asdict().items() if key not in ("new", "fails")}
    return {**texts, "is_new": int(finding.new), "fails": int(finding.fails)}


def known(row: Row[Any]) -> Known:
    """A finding from its row."""
    texts = (row.rule, row.asset, row.field, row.severity, row.kind, row.name, row.message)
    return Known(*texts, bool(row.is_new), bool(row.fails))


def short(text: str, most: int = _LONGEST) -> str:
    """A text that fits a column."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
