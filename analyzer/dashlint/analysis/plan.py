"""What a dashboard needs of workers and cache, and what would save most."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from dashlint.analysis.savings import Saving, best_saving, saved, weight
from dashlint.assets import Chart, Dashboard, Dataset
from dashlint.cost.capacity import Deployment, Peak, cache_size, peak
from dashlint.cost.model import UNKNOWN, Cost, Rows, total
from dashlint.cost.requests import COST_UNKNOWN, RequestCost
from dashlint.superset.query import Query, Request

if TYPE_CHECKING:
    from dashlint.analysis import Analysis


class ChartPlan(NamedTuple):
    """A chart's request: its rows (of its heaviest query), and its bytes cold and warm.

    ``requests`` counts those of a load; 0 for a chart that waits on another tab.
    """

    chart: Chart
    requests: int
    rows: Rows
    columns: int
    cold: Cost
    warm: Cost
    assumed: tuple[str, ...]


class FilterPlan(NamedTuple):
    """A filter's change once all tabs were opened: the charts it re-runs and their bytes together."""

    name: str
    charts: int
    cost: Cost


class Known(NamedTuple):
    """The requests of a load whose expected bytes are known, and these together."""

    requests: int
    expected: int


class DashboardPlan(NamedTuple):
    """A dashboard in figures: bytes of its load's requests together, of filters, at the peak, in the cache.

    ``cached`` is None while nobody told us whether chart data are cached; figures are then as with Redis.
    """

    dashboard: Dashboard
    deployment: Deployment
    charts: tuple[ChartPlan, ...]
    requests: int
    cold: Cost
    known: Known
    warm: Cost
    cached: bool | None
    filters: tuple[FilterPlan, ...]
    peak: Peak
    cache: Cost
    savings: tuple[Saving, ...]


def plan(analysis: Analysis, dashboard: Dashboard, deployment: Deployment) -> DashboardPlan:
    """The plan of one dashboard; charts, filters and savings are ordered worst first."""
    sent = analysis.load(dashboard).requests
    costs = [analysis.request_costs(request, dashboard) for request in sent]
    if not dashboard.layout.nodes:
        # Without a layout nobody knows what it would ask for.
        costs = [COST_UNKNOWN]
    cold, warm = total(c.cold for c in costs), total(c.warm for c in costs)
    known = [c.cold.expected for c in costs if c.cold.expected is not None]
    filters = tuple(
        FilterPlan(f.name, len(analysis.charts_rerun(dashboard, f)), analysis.filter_cost(dashboard, f))
        for f in dashboard.filters
    )
    savings = [*_savings(analysis, dashboard, sent), *_cache(analysis, cold, costs)]
    return DashboardPlan(
        dashboard,
        deployment,
        tuple(sorted(_charts(analysis, dashboard, sent), key=lambda c: -weight(c.cold))),
        len(sent),
        cold,
        Known(len(known), sum(known)),
        warm,
        analysis.settings.caches_data,
        tuple(sorted(filters, key=lambda f: (-weight(f.cost), -f.charts))),
        peak([c.cold for c in costs], deployment),
        _cache_size(analysis, dashboard, sent, deployment) if dashboard.layout.nodes else UNKNOWN,
        tuple(sorted(savings, key=lambda s: -weight(s.saves))),
    )


def _charts(analysis: Analysis, dashboard: Dashboard, sent: Iterable[Request]) -> Iterator[ChartPlan]:
    loaded: dict[Chart, list[Request]] = {}
    for request in sent:
        if request.chart is not None:
            loaded.setdefault(request.chart, []).append(request)
    for chart in dict.fromkeys(p.chart for p in analysis.placements(dashboard) if p.chart is not None):
        dataset = analysis.dataset_of(chart)
        requests = loaded.get(chart, [])
        own = [analysis.request_costs(r, dashboard) for r in requests]
        costs = max(own, key=lambda c: weight(c.cold), default=None) or _alone(analysis, chart)
        queries = requests[0].queries if requests else analysis.queries(chart)
        rows, columns = _heaviest(analysis, queries, dataset)
        yield ChartPlan(chart, len(requests), rows, columns, costs.cold, costs.warm, costs.assumed)


def _alone(analysis: Analysis, chart: Chart) -> RequestCost:
    """The request of a chart that no load sends: without filters."""
    return analysis.chart_costs(chart, cached=analysis.cache_timeout(chart).seconds != -1)


def _heaviest(analysis: Analysis, queries: Iterable[Query], dataset: Dataset | None) -> tuple[Rows, int]:
    counted = [(analysis.rows(q, dataset), len(q.columns) + len(q.metrics or ())) for q in queries]
    return max(
        counted,
        key=lambda pair: float("inf") if pair[0].upper is None else pair[0].upper,
        default=(Rows(None, None), 0),
    )


def _savings(analysis: Analysis, dashboard: Dashboard, sent: Iterable[Request]) -> Iterator[Saving]:
    """For each chart the change that saves most, of a load or of the first look at its tab."""
    loaded: dict[Chart, list[Request]] = {}
    for request in sent:
        if request.chart is not None:
            loaded.setdefault(request.chart, []).append(request)
    for chart in dict.fromkeys(p.chart for p in analysis.placements(dashboard) if p.chart is not None):
        requests = loaded.get(chart, [])
        best = best_saving(analysis, chart, requests[0].queries if requests else None)
        if best is not None:
            # The cells of a matrix of charts are changed together.
            count = max(1, len(requests))
            yield best._replace(
                saves=total([best.saves] * count), per="cold load" if requests else "visit of its tab"
            )


def _cache(analysis: Analysis, cold: Cost, costs: Iterable[RequestCost]) -> Iterator[Saving]:
    """What a data cache would save of a warm load, where the server has none."""
    if analysis.settings.caches_data is not False:
        return
    hits = total(cost.hit for cost in costs)
    if hits != UNKNOWN:
        effect = "figures as old as the cache timeout"
        yield Saving("cache", None, "cache chart data", effect, saved(cold, hits), "warm load")


def _cache_size(
    analysis: Analysis, dashboard: Dashboard, sent: Iterable[Request], deployment: Deployment
) -> Cost:
    changed = []
    for native_filter in dashboard.filters:
        target = native_filter.target
        dataset = analysis.target_dataset(dashboard, native_filter)
        statistics = (
            analysis.statistics(dataset, target.column)
            if dataset is not None and target is not None and target.column
            else None
        )
        values = deployment.filter_values
        if statistics is not None and statistics.distinct is not None:
            values = min(values, max(1, round(statistics.distinct)))
        event = analysis.filter_change(dashboard, native_filter)
        changed.append((_entries(analysis, dashboard, event.requests), values))
    return cache_size(_entries(analysis, dashboard, sent), changed)


def _entries(analysis: Analysis, dashboard: Dashboard, requests: Iterable[Request]) -> list[Cost]:
    """The cache entries of requests, those of equal requests once."""
    found: dict[object, Cost] = {}
    for request in requests:
        dataset = analysis.request_dataset(request, dashboard)
        key = (
            dataset,
            *(query.statement_key for query in request.queries),
            *(query.post_processing for query in request.queries),
        )
        found[key] = analysis.request_costs(request, dashboard).entry
    return list(found.values())
