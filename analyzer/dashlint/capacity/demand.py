"""What people make their browsers send: dashboards, filters and timers, as calls with their costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dashlint.analysis import Analysis
from dashlint.assets import Dashboard, NativeFilter
from dashlint.capacity import processor
from dashlint.capacity.model import Audience, Call, Demand, Visit
from dashlint.superset.query import Request

#: Seconds over which a timer's requests are spread at least, where the dashboard does not say it.
STAGGER = 5.0


def demand_of(
    analysis: Analysis,
    dashboards: Sequence[Dashboard],
    audience: Audience,
    weights: Mapping[str, float] | None = None,
    *,
    core_speed: float = 1.0,
) -> Demand:
    """The demand of these dashboards.

    ``weights`` are how often each is opened, by UUID, in any unit; without them all are opened as often.
    ``core_speed`` is how fast a core is, 1 being the one that was measured.
    """
    given = weights or {}
    known = {one.uuid: given.get(one.uuid, 0.0) if weights else 1.0 for one in dashboards}
    whole = sum(known.values()) or 1.0
    calls = _Calls(analysis, audience.filter_values, core_speed)
    visits = []
    for one in dashboards:
        if not known[one.uuid]:
            continue
        refresh = one.refresh_frequency
        visits.append(
            Visit(
                one,
                known[one.uuid] / whole,
                calls.of(one, analysis.load(one).requests),
                tuple(
                    calls.of(one, changed, calls.values(one, f))
                    for f in one.filters
                    if (changed := analysis.filter_change(one, f).requests)
                ),
                refresh,
                calls.timer(one) if refresh else (),
                processor.PAGE / core_speed,
                _spread(one),
            )
        )
    return Demand(audience, tuple(visits), analysis.settings.caches_data, len(calls.unbounded))


def _spread(dashboard: Dashboard) -> float:
    """Seconds over which a timer's requests are spread, by default a fifth of its period or five seconds.

    Source: superset-frontend/src/dashboard/actions/dashboardState.js:refreshCharts.
    """
    metadata = dashboard.metadata
    if not dashboard.refresh_frequency or metadata.get("stagger_refresh") is False:
        return 0.0
    given = metadata.get("stagger_time")
    least = given / 1000 if isinstance(given, int | float) and not isinstance(given, bool) else STAGGER
    return max(dashboard.refresh_frequency * 0.2, least)


class _Calls:
    """Makes calls of requests; those that ask for the same share a cache entry, on whatever dashboard."""

    def __init__(self, analysis: Analysis, filter_values: int, core_speed: float) -> None:
        self.analysis = analysis
        self.filter_values = filter_values
        self.core_speed = core_speed
        self.keys: dict[object, int] = {}
        #: Names of what has no expected size.
        self.unbounded: set[str] = set()

    def of(self, dashboard: Dashboard, requests: Iterable[Request], states: int = 1) -> tuple[Call, ...]:
        return tuple(self.call(dashboard, request, states) for request in requests)

    def timer(self, dashboard: Dashboard) -> tuple[Call, ...]:
        """What a dashboard's own timer sends: a refresh without the charts that are immune to it.

        Whether it passes the cache by is DASHBOARD_AUTO_REFRESH_MODE's to say (``force`` by default;
        superset-frontend/src/dashboard/components/Header).
        """
        immune = dashboard.refresh_immune_chart_ids
        sent = [r for r in self.analysis.event(dashboard, "refresh").requests if r.chart_id not in immune]
        forced = self.analysis.settings.auto_refresh_mode == "force"
        return tuple(call._replace(force=call.force and forced) for call in self.of(dashboard, sent))

    def call(self, dashboard: Dashboard, request: Request, states: int) -> Call:
        analysis = self.analysis
        cost = analysis.request_costs(request, dashboard)
        dataset = analysis.request_dataset(request, dashboard)
        asked: object = (
            dataset,
            *(query.statement_key for query in request.queries),
            *(query.post_processing for query in request.queries),
        )
        if not request.queries:
            asked = (request.kind, dashboard.uuid, request.chart_id)
        seconds = request.cache_timeout.seconds if request.cache_timeout is not None else None
        stored = analysis.settings.caches_data is not False and seconds is not None and seconds != -1
        title = (
            request.chart.name
            if request.chart is not None
            else request.native_filter.name
            if request.native_filter is not None
            else request.kind
        )
        if cost.expected is None:
            self.unbounded.add(title)
        result = cost.expected or cost.upper
        statements = max(1, sum(1 + len(query.time_offsets) for query in request.queries))
        return Call(
            self.keys.setdefault((asked, states), len(self.keys)),
            title,
            cost.cold,
            cost.hit,
            cost.entry,
            processor.miss(statements, result) / self.core_speed,
            processor.hit(statements, result) / self.core_speed,
            statements,
            seconds if stored else None,
            request.force,
            states,
            request.round,
            request.chart.uuid if request.chart is not None else None,
        )

    def values(self, dashboard: Dashboard, native_filter: NativeFilter) -> int:
        """How many values of a filter people pick: as many as were said, or as its column has."""
        target = native_filter.target
        dataset = self.analysis.target_dataset(dashboard, native_filter)
        values = max(1, self.filter_values)
        if dataset is None or target is None or not target.column:
            return values
        statistics = self.analysis.statistics(dataset, target.column)
        if statistics is None or statistics.distinct is None:
            return values
        return min(values, max(1, round(statistics.distinct)))
