"""What dashboards cost as JSON, version 1: fields are only ever added.

Bytes and rows are integers, null is unknown.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from dashlint.analysis import Analysis
from dashlint.analysis.plan import ChartPlan, DashboardPlan
from dashlint.analysis.savings import Saving


def render(plans: Iterable[DashboardPlan], analysis: Analysis, limit: int | None) -> str:
    """One JSON document with the plan of each dashboard."""
    document = {
        "version": 1,
        "superset": analysis.settings.version,
        "today": analysis.now.date().isoformat(),
        "limit": limit,
        "dashboards": [_plan(plan, limit) for plan in plans],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _plan(plan: DashboardPlan, limit: int | None) -> dict[str, Any]:
    needed = plan.peak.all_workers
    known = needed.expected if needed.expected is not None else needed.upper
    return {
        "uuid": plan.dashboard.uuid,
        "id": plan.dashboard.id,
        "title": plan.dashboard.title,
        "deployment": plan.deployment._asdict(),
        "load": {
            "requests": plan.requests,
            "cold": plan.cold._asdict(),
            "known": plan.known._asdict(),
            "warm": plan.warm._asdict(),
            "cached": plan.cached,
        },
        "filters": [{"name": f.name, "charts": f.charts, "memory": f.cost._asdict()} for f in plan.filters],
        "peak": {
            "worker": plan.peak.worker._asdict(),
            "all_workers": needed._asdict(),
            "running": plan.peak.running,
            "waiting": plan.peak.waiting,
            "within_limit": None if limit is None or known is None else known <= limit,
        },
        "cache": plan.cache._asdict(),
        "charts": [_chart(chart) for chart in plan.charts],
        "savings": [_saving(saving) for saving in plan.savings],
    }


def _chart(plan: ChartPlan) -> dict[str, Any]:
    return {
        "uuid": plan.chart.uuid,
        "id": plan.chart.id,
        "name": plan.chart.name,
        "viz_type": plan.chart.viz_type,
        "requests_on_load": plan.requests,
        "rows": plan.rows._asdict(),
        "columns": plan.columns,
        "cold": plan.cold._asdict(),
        "warm": plan.warm._asdict(),
        "default_widths": list(plan.assumed),
    }


def _saving(saving: Saving) -> dict[str, Any]:
    chart = saving.chart
    return {
        "kind": saving.kind,
        "chart": {"uuid": chart.uuid, "id": chart.id, "name": chart.name} if chart is not None else None,
        "change": saving.what,
        "effect": saving.effect,
        "per": saving.per,
        "memory": saving.saves._asdict(),
    }
