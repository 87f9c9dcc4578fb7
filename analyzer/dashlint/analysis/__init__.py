"""One workspace, a catalog and settings: every derived fact, computed once and on demand.

Rules, reports and the graph all ask here, so that a chart's queries, a filter's charts and
a query's cost are the same everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from dashlint.analysis.sources import RowSources
from dashlint.assets import Chart, Dashboard, Database, Dataset, NativeFilter, Placement
from dashlint.cost import requests as costs
from dashlint.cost import rows
from dashlint.cost.model import Cost, Rows, total
from dashlint.cost.requests import COST_UNKNOWN, RequestCost
from dashlint.superset import queries, requests, scope, side_queries, statements, timeouts
from dashlint.superset.query import CacheTimeout, Event, Query, Request

if TYPE_CHECKING:
    from dashlint.analysis.advising import Advising
    from dashlint.analysis.conditions import Part
    from dashlint.analysis.plan import DashboardPlan
    from dashlint.analysis.predicates import Predicate
    from dashlint.analysis.savings import Saving
    from dashlint.cost.capacity import Deployment
    from dashlint.sql.model import ColumnRef, TableRef


class Analysis(RowSources):
    """What follows from a workspace, a catalog and settings."""

    # Charts and their queries

    def queries(self, chart: Chart) -> tuple[Query, ...]:
        """The queries of a chart's request when no filter is applied."""
        known: dict[Chart, tuple[Query, ...]] = self._known["queries"]
        if chart not in known:  # not `_once`: nothing is asked more often
            known[chart] = queries.build(chart, self.dataset_of(chart), self.settings)
        return known[chart]

    def uncached_statements(self, chart: Chart) -> tuple[str, ...]:
        """SQL that every request of a chart runs besides its queries: ``totals``, ``currency``."""
        return self._once(
            "uncached",
            chart,
            lambda: statements.uncached(chart, self.dataset_of(chart), self.queries(chart), self.settings),
        )

    def cache_timeout(self, chart: Chart) -> CacheTimeout:
        """How long a chart's result is kept, in seconds, and where that comes from."""

        def compute() -> CacheTimeout:
            dataset = self.dataset_of(chart)
            legacy = queries.is_legacy(chart.viz_type, self.settings)
            return timeouts.effective(chart, dataset, self.database_of(dataset), self.settings, legacy=legacy)

        return self._once("cache-timeout", chart, compute)

    # Dashboards, filters and events

    def placements(self, dashboard: Dashboard) -> tuple[Placement, ...]:
        return self.workspace.placements(dashboard)

    def events(self, dashboard: Dashboard) -> tuple[str, ...]:
        """The names of all events of a dashboard, in order."""
        return requests.events(dashboard, self.workspace, self.settings)

    def event(self, dashboard: Dashboard, name: str) -> Event:
        """What the browser sends when ``name`` happens."""
        return self._once(
            "event",
            (dashboard, name),
            lambda: requests.predict(dashboard, name, self.workspace, self.settings, unfiltered=self.queries),
        )

    def load(self, dashboard: Dashboard) -> Event:
        return self.event(dashboard, "load")

    def charts_on_load(self, dashboard: Dashboard) -> tuple[Chart, ...]:
        """The charts that query when the dashboard opens, each once."""
        return _charts_of(self.load(dashboard).requests)

    def queries_on_load(self, dashboard: Dashboard) -> int:
        """How many query objects the browser sends when the dashboard opens."""
        return sum(len(request.queries) for request in self.load(dashboard).requests)

    def charts_in_scope(self, dashboard: Dashboard, native_filter: NativeFilter) -> tuple[Placement, ...]:
        """The placements that a filter reaches, on all tabs."""
        return self._once(
            "scope",
            (dashboard, native_filter.id),
            lambda: scope.charts_in_scope(native_filter, dashboard, self.workspace),
        )

    def filter_change(self, dashboard: Dashboard, native_filter: NativeFilter) -> Event:
        """What one change of a filter sends once every tab has been opened."""
        return self._once(
            "filter",
            (dashboard, native_filter.id),
            lambda: requests.predict_filter(
                dashboard,
                native_filter,
                self.workspace,
                self.settings,
                all_tabs=True,
                unfiltered=self.queries,
            ),
        )

    def charts_rerun(self, dashboard: Dashboard, native_filter: NativeFilter) -> tuple[Chart, ...]:
        """The charts that one change of a filter re-runs once every tab has been opened."""
        return _charts_of(self.filter_change(dashboard, native_filter).requests)

    def widest_filter(self, dashboard: Dashboard) -> tuple[NativeFilter, int] | None:
        """The filter that re-runs the most charts, and how many; None without filters."""
        counted = [(f, len(self.charts_rerun(dashboard, f))) for f in dashboard.filters]
        return max(counted, key=lambda pair: pair[1], default=None)

    def target_dataset(self, dashboard: Dashboard, native_filter: NativeFilter) -> Dataset | None:
        target = native_filter.target
        return self.workspace.target_dataset(dashboard, target) if target else None

    def filtered_tables(self) -> tuple[tuple[Database, TableRef], ...]:
        """The physical tables whose indexes matter: behind filters and time columns of charts.

        A filter's column counts in its own dataset and in those of the charts in its scope.
        """
        wanted: dict[tuple[Database, TableRef], None] = {}
        for dataset, column in self._filtered_columns():
            database = self.database_of(dataset)
            if database is None:
                continue
            for ref in self.physical_columns(dataset, column):
                table = ref.table
                if table.schema is None and dataset.schema is not None:
                    table = table._replace(schema=dataset.schema)
                wanted[database, table] = None
        return tuple(wanted)

    def _filtered_columns(self) -> Iterable[tuple[Dataset, str]]:
        for dashboard in self.workspace.dashboards:
            for native_filter in dashboard.filters:
                target = native_filter.target
                own = self.target_dataset(dashboard, native_filter)
                if target is None or target.column is None:
                    continue
                reached = (
                    self.dataset_of(p.chart)
                    for p in self.charts_in_scope(dashboard, native_filter)
                    if p.chart is not None
                )
                for dataset in dict.fromkeys((own, *reached)):
                    if dataset is not None and target.column in dataset.column_by_name:
                        yield dataset, target.column
        for dataset in self.workspace.charts_by_dataset:
            if dataset.main_dttm_col:
                yield dataset, dataset.main_dttm_col

    # What filters ask of the warehouse

    def followed(self, dataset: Dataset, column: str) -> tuple[ColumnRef, ...]:
        """The columns of tables behind a dataset's own column, through its SQL and through views."""
        from dashlint.analysis.conditions import followed_through_views
        from dashlint.sql.compared import unqualified

        def compute() -> tuple[ColumnRef, ...]:
            refs = self.plain_columns(dataset, column)
            engine = self.engine_of(dataset)
            return tuple(
                ref._replace(expression=unqualified(ref.expression, engine)) if ref.expression else ref
                for ref in followed_through_views(self, dataset, refs)
            )

        return self._once("followed", (dataset, column), compute)

    def own_conditions(self, dataset: Dataset) -> tuple[Part, ...]:
        """The conditions in a virtual dataset's own SQL, each with its physical column."""
        from dashlint.analysis.conditions import parts_of

        return self._once("own-conditions", dataset, lambda: parts_of(self, dataset))

    def predicates(self, dashboard: Dashboard, *, clicks: bool = True) -> tuple[Predicate, ...]:
        """Every condition that filters, time ranges and charts of a dashboard put on tables.

        ``clicks``: those of cross-filters, too, which are many and take most of the time.
        """
        from dashlint.analysis.predicates import of_dashboard

        return self._once(
            "predicates", (dashboard, clicks), lambda: of_dashboard(self, dashboard, clicks=clicks)
        )

    def predicates_on(self, dataset: Dataset) -> tuple[tuple[Dashboard, Predicate], ...]:
        """The conditions that the charts of all dashboards put on a dataset, those of clicks left out."""

        def compute() -> dict[Dataset, list[tuple[Dashboard, Predicate]]]:
            found: dict[Dataset, list[tuple[Dashboard, Predicate]]] = {}
            for dashboard in self.workspace.dashboards:
                for predicate in self.predicates(dashboard, clicks=False):
                    found.setdefault(predicate.dataset, []).append((dashboard, predicate))
            return found

        return tuple(self._once("predicates-on", "", compute).get(dataset, ()))

    # Cost

    def rows(self, query: Query, dataset: Dataset | None) -> Rows:
        """How many rows a query returns."""
        return rows.estimate(query, dataset, self)

    def query_cost(self, query: Query, dataset: Dataset | None) -> Cost:
        """Peak bytes in a worker for one query of a request, as if it were sent alone."""
        return self.cost_of((query,), dataset).cold

    def cost_of(
        self, queries: Sequence[Query], dataset: Dataset | None, *, cached: bool = True
    ) -> RequestCost:
        """What a request with these queries costs a worker and a cache, where its results are ``cached``."""

        def compute() -> RequestCost:
            parts = costs.parts_of(queries, dataset, self, self.settings)
            # Its columns hold the queries, so that none of them makes room for another of the same id.
            return costs.request_cost(parts, self, self.settings, cached=cached)

        return self._once("cost-of", (*map(id, queries), dataset, cached), compute)

    def request_costs(self, request: Request, dashboard: Dashboard | None = None) -> RequestCost:
        """What one request costs, cold and warm: its queries are held together."""

        def compute() -> RequestCost:
            timeout = request.cache_timeout
            cached = timeout is None or timeout.seconds != -1
            if request.layers:
                asked = [(layer.queries, self.request_dataset(layer)) for layer in request.layers]
                return self._layers_cost(asked, cached=cached)
            if not request.queries and request.chart_id is not None:
                # A chart that is not here, or of a type that nobody knows.
                return COST_UNKNOWN
            return self.cost_of(request.queries, self.request_dataset(request, dashboard), cached=cached)

        return self._once("request-costs", request, compute)

    def request_cost(self, request: Request, dashboard: Dashboard | None = None) -> Cost:
        """Peak bytes in a worker for one request that the database answers."""
        return self.request_costs(request, dashboard).cold

    def request_dataset(self, request: Request, dashboard: Dashboard | None = None) -> Dataset | None:
        if request.chart is not None:
            return self.dataset_of(request.chart)
        if request.native_filter is not None and dashboard is not None:
            return self.target_dataset(dashboard, request.native_filter)
        return None

    def chart_cost(self, chart: Chart) -> Cost:
        """Peak bytes in a worker for one unfiltered request of a chart."""
        return self.chart_costs(chart).cold

    def chart_costs(self, chart: Chart, *, cached: bool = True) -> RequestCost:
        """What one unfiltered request of a chart costs, cold and warm, where its results are ``cached``."""
        asked = self.queries(chart)
        if asked:
            return self.cost_of(asked, self.dataset_of(chart), cached=cached)

        def compute() -> RequestCost:
            return self._layers_cost(
                [
                    (queries.build(layer, dataset, self.settings, layer=True), dataset)
                    if layer is not None
                    else ((), None)
                    for _, layer in side_queries.layer_charts(chart, self.workspace)
                    for dataset in [self.dataset_of(layer) if layer is not None else None]
                ],
                cached=cached,
            )

        return self._once("chart-costs", (chart, cached), compute)

    def _layers_cost(
        self, layers: Iterable[tuple[Sequence[Query], Dataset | None]], *, cached: bool
    ) -> RequestCost:
        """The cost of a request for which the server runs several charts' queries, and holds all answers."""
        found = [costs.parts_of(asked, dataset, self, self.settings) for asked, dataset in layers]
        if not found or not all(found):
            return COST_UNKNOWN
        parts = [part for parts in found for part in parts]
        return costs.request_cost(parts, self, self.settings, cached=cached)

    def event_cost(self, dashboard: Dashboard, event: Event) -> Cost:
        """Bytes of all requests of an event together, as when they are in flight at once."""
        return self.sum_costs(event.requests, dashboard)

    def sum_costs(self, sent: Iterable[Request], dashboard: Dashboard) -> Cost:
        """Bytes of several requests of a dashboard together."""
        return total(self.request_cost(request, dashboard) for request in sent)

    def load_cost(self, dashboard: Dashboard) -> Cost:
        """Bytes of one cold load."""
        return self._once("load-cost", dashboard, lambda: self.event_cost(dashboard, self.load(dashboard)))

    def filter_cost(self, dashboard: Dashboard, native_filter: NativeFilter) -> Cost:
        """Bytes of one change of a filter once every tab has been opened."""
        return self._once(
            "filter-cost",
            (dashboard, native_filter.id),
            lambda: self.event_cost(dashboard, self.filter_change(dashboard, native_filter)),
        )

    def saving(self, chart: Chart, after: Sequence[Query]) -> Cost:
        """Bytes that one unfiltered request of a chart saves with other queries."""
        from dashlint.analysis import savings

        return savings.saving(self, chart, after)

    def best_saving(self, chart: Chart, queries: Sequence[Query] | None = None) -> Saving | None:
        """The change to a chart that saves most of a request, if one is worth while.

        ``queries`` are those of the request, by default the unfiltered ones.
        """
        from dashlint.analysis import savings

        return savings.best_saving(self, chart, queries)

    @cached_property
    def advising(self) -> Advising:
        """What would serve the queries: indexes, layouts, views, filters."""
        from dashlint.analysis.advising import Advising

        return Advising(self)

    def plan(self, dashboard: Dashboard, deployment: Deployment) -> DashboardPlan:
        """What a dashboard needs of workers and cache, and which changes save most."""
        from dashlint.analysis.plan import plan

        return plan(self, dashboard, deployment)


def _charts_of(sent: Iterable[Request]) -> tuple[Chart, ...]:
    return tuple(dict.fromkeys(r.chart for r in sent if r.chart is not None))
