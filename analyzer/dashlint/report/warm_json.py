"""``dashlint warm`` as JSON, version 1: fields are only ever added.

Bytes are integers, times seconds; null is unknown or not asked for.
"""

from __future__ import annotations

import json
from typing import Any

from dashlint.report import warm_words as words
from dashlint.superset.settings import Settings
from dashlint.warming.changed import Affected
from dashlint.warming.model import Entry, WarmPlan


def render(
    plan: WarmPlan, settings: Settings, *, changed: Affected | None = None, run: words.Outcome | None = None
) -> str:
    """One JSON document."""
    document: dict[str, Any] = {
        "version": 1,
        "superset": settings.version,
        "cached": plan.cached,
        "dashboards": [_dashboard(one) for one in plan.dashboards],
        "entries": [_entry(one) for one in plan.entries],
        "not_warmed": [_entry(one) for one in plan.idle],
        "changed": _changed(changed),
        "run": _run(run),
        "notes": list(plan.notes),
    }
    return json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n"


def _dashboard(one: Any) -> dict[str, Any]:
    return {"uuid": one.uuid, "id": one.id, "title": one.title}


def _asset(entry: Entry) -> dict[str, Any]:
    chart, one = entry.chart, entry.native_filter
    return {
        "name": entry.name,
        "chart": (
            {"uuid": chart.uuid, "id": entry.chart_id, "name": chart.name, "viz_type": chart.viz_type}
            if chart is not None
            else None
        ),
        "filter": {"id": one.id, "name": one.name} if one is not None else None,
    }


def _entry(entry: Entry) -> dict[str, Any]:
    dataset = entry.dataset
    return {
        **_asset(entry),
        "dashboards": [_dashboard(one) for one in entry.dashboards],
        "dataset": (
            {"uuid": dataset.uuid, "id": dataset.id, "name": dataset.name} if dataset is not None else None
        ),
        "way": entry.way,
        "why": entry.why,
        "superset_warmup": entry.own._asdict(),
        "cache_timeout": (
            {"seconds": entry.timeout.seconds, "from": entry.timeout.origin}
            if entry.timeout is not None
            else None
        ),
        "interval": entry.interval,
        "memory": entry.cost._asdict(),
        "statements": entry.statements,
        "views_per_day": entry.views,
        "saves": entry.saves,
        "notes": list(entry.notes),
        "body": entry.body,
    }


def _changed(found: Affected | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "tables": {
            table: [{"uuid": one.uuid, "id": one.id, "name": one.name} for one in datasets]
            for table, datasets in found.by_table.items()
        },
        "unread": [{"uuid": one.uuid, "id": one.id, "name": one.name} for one in found.unread],
        "strangers": list(found.strangers),
    }


def _run(run: words.Outcome | None) -> dict[str, Any] | None:
    if run is None:
        return None
    counts = run.counts
    return {
        "filled": counts[words.FILLED],
        "hit": counts[words.HIT],
        "failed": counts[words.FAILED],
        "forced": run.forced,
        "invalidated_datasets": run.invalidated,
        "requests": [{**_asset(one.entry), "outcome": one.outcome, "error": one.error} for one in run.done],
    }
