"""What a dashboard needs of workers and cache: from its requests' costs to a deployment, and what would save most."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from dashlint.assets import Chart, Dashboard, Dataset
from dashlint.cost.capacity import Deployment, Peak, cache_size, peak
from dashlint.cost.changes import changes
from dashlint.cost.model import UNKNOWN, Cost, Rows, total
from dashlint.cost.requests import RequestCost
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


class Saving(NamedTuple):
    """What a change saves: bytes of each cold load, or of each warm one where ``kind`` is ``cache``.

    ``effect`` is what people then see of the chart. ``chart`` is None where the change is the server's.
    """

    kind: str
    chart: Chart | None
    what: str
    effect: str
    saves: Cost


class FilterPlan(NamedTuple):
    """A filter's change once all tabs were opened: the charts it re-runs and their bytes together."""

    name: str
    charts: int
    cost: Cost


class DashboardPlan(NamedTuple):
    """A dashboard in figures: bytes of its load's requests together, of its filters, at its peak, in the cache.

    ``cached`` is None while nobody told us whether chart data are cached; figures are then as with Redis.
    """

    dashboard: Dashboard
    deployment: Deployment
    charts: tuple[ChartPlan, ...]
    requests: int
    cold: Cost
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
    cold, warm = total(c.cold for c in costs), total(c.warm for c in costs)
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
        warm,
        analysis.settings.caches_data,
        tuple(sorted(filters, key=lambda f: (-weight(f.cost), -f.charts))),
        peak([c.cold for c in costs], deployment),
        _cache_size(analysis, dashboard, sent, deployment),
        tuple(sorted(savings, key=lambda s: -weight(s.saves))),
    )


def weight(cost: Cost) -> int:
    """What costs are ordered by: what is expected, where that is not known the most it can be."""
    return (cost.expected if cost.expected is not None else cost.upper) or 0


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
    queries = analysis.queries(chart)
    if not queries:
        return RequestCost(None, None, "unknown")
    cached = analysis.cache_timeout(chart).seconds != -1
    return analysis.cost_of(queries, analysis.dataset_of(chart), cached=cached)


def _heaviest(analysis: Analysis, queries: Iterable[Query], dataset: Dataset | None) -> tuple[Rows, int]:
    counted = [(analysis.rows(q, dataset), len(q.columns) + len(q.metrics or ())) for q in queries]
    return max(
        counted,
        key=lambda pair: float("inf") if pair[0].upper is None else pair[0].upper,
        default=(Rows(None, None), 0),
    )


def _savings(analysis: Analysis, dashboard: Dashboard, sent: Iterable[Request]) -> Iterator[Saving]:
    """For each chart the change that saves most of a load."""
    found: dict[tuple[Chart, str], list[Saving]] = {}
    for request in sent:
        if request.chart is None or not request.queries:
            continue
        dataset = analysis.request_dataset(request, dashboard)
        now = analysis.request_costs(request, dashboard)
        for change in changes(request.chart.viz_type, request.queries, analysis.settings):
            then = analysis.cost_of(change.queries, dataset, cached=now.cached)
            saving = Saving(change.kind, request.chart, change.what, change.effect, saved(now.cold, then.cold))
            found.setdefault((request.chart, change.kind), []).append(saving)
    best: dict[Chart, Saving] = {}
    for (chart, _kind), same in found.items():
        # The cells of a matrix of charts are changed together.
        saving = same[0]._replace(saves=total(s.saves for s in same))
        if weight(saving.saves) > (weight(best[chart].saves) if chart in best else 0):
            best[chart] = saving
    yield from best.values()


def saved(before: Cost, after: Cost) -> Cost:
    """What a change saves: the difference of both figures, unknown where one of them is; never less than nothing."""
    return Cost(
        None if before.expected is None or after.expected is None else max(0, before.expected - after.expected),
        None if before.upper is None or after.upper is None else max(0, before.upper - after.upper),
        before.basis,
    )


def _cache(analysis: Analysis, cold: Cost, costs: Iterable[RequestCost]) -> Iterator[Saving]:
    """What a data cache would save of a warm load, where the server has none."""
    if analysis.settings.caches_data is not False:
        return
    hits = total(
        Cost(c.expected and c.expected.rss_peak, c.upper and c.upper.rss_peak, c.basis) for c in costs
    )
    if hits == UNKNOWN:
        return
    yield Saving("cache", None, "cache chart data", "figures as old as the cache timeout", saved(cold, hits))


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
        key = (dataset, *(query.statement_key for query in request.queries), *(
            query.post_processing for query in request.queries
        ))
        found[key] = analysis.request_costs(request, dashboard).entry
    return list(found.values())
