"""``dashlint diagnose --format json``: docs/diagnose.schema.json describes it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dashlint.incidents.candidates import Sender
    from dashlint.incidents.diagnosis import Before, DashboardCost, Diagnosis, SenderCost
    from dashlint.lint.model import Finding


def render(found: Diagnosis) -> str:
    """One JSON document; times are ISO 8601 in UTC, durations seconds, shares parts of 1."""
    document = {
        "version": 1,
        "files": [one._asdict() for one in found.files],
        "from": _time(found.first),
        "to": _time(found.last),
        "database": {
            "seconds": {key: round(value, 6) for key, value in found.seconds.items()},
            "calls": dict(found.calls),
            "matched_share": found.matched_share,
        },
        "dashboards": [_dashboard(one) for one in found.dashboards],
        "senders": [_cost(one) for one in found.senders],
        "incidents": [_incident(one) for one in found.incidents],
        "incident_count": found.incident_count,
        "minutes_before": found.window,
        "unmatched": [one._asdict() for one in found.strangers],
        "superset_log": {"rows": found.view_rows, "rows_of_unknown_dashboards": found.unknown_views},
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _dashboard(one: DashboardCost) -> dict[str, Any]:
    return {
        "uuid": one.dashboard.uuid,
        "id": one.dashboard.id,
        "title": one.dashboard.title,
        "seconds": round(one.seconds, 6),
        "shared_seconds": round(one.shared, 6),
        "share": one.share,
        "calls": one.calls,
        "visits": one.visits,
        "incidents_near": one.kills,
        "findings": _findings(one.findings),
    }


def _cost(one: SenderCost) -> dict[str, Any]:
    tally = one.tally
    return {
        "senders": [_sender(sender) for sender in one.senders],
        "parts": list(tally.parts),
        "seconds": round(tally.seconds, 6),
        "share": one.share,
        "calls": tally.calls,
        "p95": one.p95,
        "longest": tally.longest,
        "rows_per_call": tally.rows_per_call,
        "predicted_rows": one.predicted._asdict() if one.predicted is not None else None,
        "calls_by_confidence": {key: tally.by_confidence[key] for key in ("exact", "filtered", "shape")},
        "findings": _findings(one.findings),
    }


def _sender(one: Sender) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "uuid": one.uuid,
        "id": one.id,
        "name": one.name,
        "dashboards": list(one.dashboards),
    }


def _incident(one: Before) -> dict[str, Any]:
    found = one.incident
    return {
        "kind": found.kind,
        "what": found.what,
        "file": found.file,
        "line": found.line,
        "at": _time(found.at),
        "about": found.about,
        "process": found.process,
        "bytes": found.bytes,
        "viewed_before": [{"dashboard": uuid, "requests": count} for uuid, count in one.viewed],
        "busy_before": [
            {"senders": [s.uuid for s in senders], "seconds": round(seconds, 6)}
            for senders, seconds in one.busy
        ],
    }


def _findings(found: Iterable[Finding]) -> list[dict[str, Any]]:
    return [
        {"rule": f.rule, "name": f.name, "severity": f.severity.value, "message": f.message} for f in found
    ]


def _time(value: Any) -> str | None:
    return None if value is None else value.isoformat()
