"""``dashlint capacity`` as JSON, version 1: fields are only ever added.

Bytes are integers, times seconds, shares 0 to 1; null is unknown.
"""

from __future__ import annotations

import json
from typing import Any

from dashlint.analysis import Analysis
from dashlint.capacity.plan import CapacityPlan, Gain


def render(plan: CapacityPlan, analysis: Analysis) -> str:
    """One JSON document."""
    demand, need, wanted = plan.demand, plan.need, plan.wanted
    document: dict[str, Any] = {
        "version": 1,
        "superset": analysis.settings.version,
        "today": analysis.now.date().isoformat(),
        "audience": {
            **demand.audience._asdict(),
            "views_per_second": demand.audience.views_per_second,
            "dashboards": [
                {
                    "uuid": visit.dashboard.uuid,
                    "id": visit.dashboard.id,
                    "title": visit.dashboard.title,
                    "share": visit.share,
                    "requests_on_load": len(visit.load),
                    "refresh_seconds": visit.refresh_seconds or None,
                }
                for visit in demand.visits
            ],
        },
        "given": {
            "budget": wanted.budget._asdict(),
            "serving": wanted.fixed._asdict(),
            "query_seconds": wanted.query_seconds,
            "asynchronous": wanted.asynchronous,
            "webserver_timeout": wanted.patience,
            "redis": wanted.redis,
            "max_connections": wanted.max_connections,
        },
        "load": {**plan.load._asdict(), "cached": demand.cached},
        "need": {
            "serving": need.serving._asdict(),
            "workers_from": need.workers_from,
            "threads_from": need.threads_from,
            "redis_maxmemory": need.redis,
            "cache_entries": need.entries,
            "connections": need.connections._asdict(),
            "celery": need.celery._asdict() if need.celery is not None else None,
        },
        "worst_moment": {"worker": plan.worker._asdict(), "pod": plan.pod._asdict()},
        "enough": plan.fits,
        "simulated": (
            {**plan.simulated._asdict(), "seed": wanted.seed} if plan.simulated is not None else None
        ),
        "most_query_seconds": plan.most_query_seconds,
        "limits": [limit._asdict() for limit in plan.limits],
        "changes": [_gain(gain) for gain in plan.gains],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _gain(gain: Gain) -> dict[str, Any]:
    saving, chart = gain.saving, gain.saving.chart
    return {
        "kind": saving.kind,
        "dashboard": gain.dashboard,
        "chart": {"uuid": chart.uuid, "id": chart.id, "name": chart.name} if chart is not None else None,
        "change": saving.what,
        "effect": saving.effect,
        "pod": gain.pod,
        "per": saving.per,
        "memory": saving.saves._asdict(),
    }
