"""From an Analysis to the few numbers that thresholds are made of."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median_low
from typing import TYPE_CHECKING

from dashlint.assets import Dashboard
from dashlint.cost.capacity import MASTER, WORKER_AT_REST, Deployment
from dashlint.cost.model import bytes_of, total
from dashlint.monitoring.model import Load, Predicted

if TYPE_CHECKING:
    from dashlint.analysis import Analysis

#: Superset's value of a timeout that turns caching off (superset/constants.py:CACHE_DISABLED_TIMEOUT).
_NEVER = -1


def predicted(analysis: Analysis, dashboards: Sequence[Dashboard], deployment: Deployment) -> Predicted:
    """What these dashboards cost one web server; ``deployment`` describes that one."""
    plans = [analysis.plan(one, deployment) for one in dashboards]
    charts = [
        (chart.cold, f"{chart.chart.name} on {plan.dashboard.title}")
        for plan in plans
        for chart in plan.charts
        if bytes_of(chart.cold) is not None
    ]
    heaviest, name = max(charts, key=lambda one: (bytes_of(one[0]) or 0, one[1]), default=(None, ""))
    loads = sorted(
        (Load(plan.dashboard.title, plan.requests, plan.peak.all_workers) for plan in plans if plan.requests),
        key=lambda load: (-(bytes_of(load.peak) or 0), load.title),
    )
    return Predicted(
        heaviest,
        name,
        deployment.workers * WORKER_AT_REST + MASTER,
        total(plan.cache for plan in plans) if plans else None,
        analysis.settings.caches_data,
        _cacheable(analysis, dashboards),
        median_low(load.requests for load in loads) if loads else None,
        tuple(loads),
    )


def _cacheable(analysis: Analysis, dashboards: Sequence[Dashboard]) -> float | None:
    """The share of charts on load whose result may be stored at all; None without charts."""
    charts = [chart for one in dashboards for chart in analysis.charts_on_load(one)]
    if not charts:
        return None
    stored = sum(analysis.cache_timeout(chart).seconds != _NEVER for chart in charts)
    return stored / len(charts)
