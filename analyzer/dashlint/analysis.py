"""One workspace, a catalog and settings: every derived fact, computed once and on demand.

Rules, reports and the graph all ask here, so that a chart's queries, a filter's charts and
a query's cost are the same everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from dashlint.assets import (
    Chart,
    Dashboard,
    Database,
    Dataset,
    NativeFilter,
    Placement,
    Workspace,
)
from dashlint.cost import memory, rows
from dashlint.cost.model import UNKNOWN, Cost, Rows, total
from dashlint.superset import queries, requests, scope, statements, timeouts
from dashlint.superset.query import CacheTimeout, Event, Query, Request
from dashlint.superset.settings import Settings, modelled_version

if TYPE_CHECKING:
    from dashlint.catalog.access import Access
    from dashlint.catalog.load import CatalogSet
    from dashlint.catalog.model import Catalog, ColumnStatistics, Table
    from dashlint.sql.model import ColumnRef, RenderedSql, SqlFacts, SqlIssue, TableRef
    from dashlint.sql.predicates import TableKnowledge

_K = TypeVar("_K")
_V = TypeVar("_V")


class Analysis:
    """What follows from a workspace, a catalog and settings.

    ``missing`` collects what was looked for and not known, by topic (``indexes``,
    ``statistics``): the report says each topic once.
    """

    def __init__(
        self,
        workspace: Workspace,
        settings: Settings | None = None,
        catalogs: CatalogSet | None = None,
    ) -> None:
        self.workspace = workspace
        self.settings = settings or Settings(version=modelled_version(workspace.superset_version))
        self.catalogs = catalogs
        self.missing: dict[str, dict[str, None]] = {}
        self._known: dict[str, dict[Any, Any]] = {}
        self._read_by: dict[Dataset, dict[Dataset, None]] = {}

    def _once(self, kind: str, key: _K, compute: Callable[[], _V]) -> _V:
        known = self._known.setdefault(kind, {})
        if key not in known:
            known[key] = compute()
        value: _V = known[key]
        return value

    def lacks(self, topic: str, subject: str) -> None:
        """Notes that something would have been needed to say more."""
        self.missing.setdefault(topic, {})[subject] = None

    # Charts and their queries

    def dataset_of(self, chart: Chart) -> Dataset | None:
        return self.workspace.dataset_of(chart)

    def database_of(self, dataset: Dataset | None) -> Database | None:
        return self.workspace.database_of(dataset) if dataset is not None else None

    def engine_of(self, dataset: Dataset | None) -> str | None:
        """The SQLAlchemy dialect name of a dataset's database, None if unknown."""
        database = self.database_of(dataset)
        return database.engine if database is not None else None

    def queries(self, chart: Chart) -> tuple[Query, ...]:
        """The queries of a chart's request when no filter is applied."""
        return self._once(
            "queries",
            chart,
            lambda: queries.build(chart, self.dataset_of(chart), self.settings),
        )

    def uncached_statements(self, chart: Chart) -> tuple[str, ...]:
        """SQL that every request of a chart runs besides its queries: ``totals``, ``currency``."""
        return statements.uncached(chart, self.dataset_of(chart), self.queries(chart), self.settings)

    def cache_timeout(self, chart: Chart) -> CacheTimeout:
        """How long a chart's result is kept, in seconds, and where that comes from."""
        dataset = self.dataset_of(chart)
        return timeouts.effective(
            chart,
            dataset,
            self.database_of(dataset),
            self.settings,
            legacy=queries.is_legacy(chart.viz_type, self.settings),
        )

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

    # SQL

    def rendered_sql(self, dataset: Dataset) -> RenderedSql | None:
        """A virtual dataset's SQL after Jinja; None for a physical dataset."""
        if not dataset.is_virtual:
            return None
        return self._once("rendered", dataset, lambda: self._render(dataset))

    def _render(self, dataset: Dataset) -> RenderedSql:
        from dashlint.sql import templates

        def find(dataset_id: int) -> Dataset | None:
            other = self.workspace.dataset(dataset.origin.root, id=dataset_id)
            if other is not None:
                self._read_by.setdefault(dataset, {})[other] = None
            return other

        return templates.render(
            dataset.sql or "",
            template_params=dataset.template_params,
            engine=self.engine_of(dataset),
            dataset=dataset,
            datasets=find,
        )

    def datasets_read_by(self, dataset: Dataset) -> tuple[Dataset, ...]:
        """Other datasets that a virtual dataset reads with Jinja's ``dataset(id)``."""
        self.rendered_sql(dataset)
        return tuple(self._read_by.get(dataset, ()))

    def sql_facts(self, dataset: Dataset) -> SqlFacts | None:
        """Tables, outputs and lineage of a virtual dataset; None for a physical dataset."""
        rendered = self.rendered_sql(dataset)
        if rendered is None:
            return None
        engine = self.engine_of(dataset)
        return self._once(
            "facts", (rendered.text, engine), lambda: self._facts(rendered.text, engine, dataset)
        )

    def _facts(self, text: str, engine: str | None, dataset: Dataset) -> SqlFacts:
        from dashlint.sql import parse

        catalog = self.catalog_of(dataset)

        def columns_of(ref: TableRef) -> tuple[str, ...] | None:
            table = catalog.table(ref.name, ref.schema, ref.catalog) if catalog else None
            return tuple(table.columns) if table is not None and table.columns else None

        return parse.facts(text, engine, columns_of=columns_of)

    def unindexable_conditions(self, dataset: Dataset) -> tuple[SqlIssue, ...]:
        """Conditions in a virtual dataset's SQL that no index on the plain column can serve."""
        rendered = self.rendered_sql(dataset)
        if rendered is None or rendered.error is not None:
            return ()
        from dashlint.sql import predicates

        return predicates.non_sargable(
            rendered.text,
            self.engine_of(dataset),
            default_schema=dataset.schema,
            known=self.table_knowledge(dataset),
        )

    def table_knowledge(self, dataset: Dataset) -> TableKnowledge | None:
        """What the catalog can tell the SQL room about a dataset's database."""
        catalog = self.catalog_of(dataset)
        if catalog is None:
            return None
        from dashlint.catalog.access import Knowledge

        return Knowledge(catalog)

    def physical_columns(self, dataset: Dataset, column: str) -> tuple[ColumnRef, ...]:
        """The physical columns behind a dataset's column; empty when it cannot be followed.

        A calculated column counts as transformed; of a virtual dataset, its lineage.
        """
        from dashlint.sql.model import ColumnRef, TableRef

        known = dataset.column_by_name.get(column)
        if known is not None and known.expression:
            return ()
        if not dataset.is_virtual:
            table = TableRef(dataset.name, dataset.schema, dataset.catalog)
            return (ColumnRef(table, column),)
        facts = self.sql_facts(dataset)
        return facts.origins(column) if facts is not None else ()

    # Warehouse

    def catalog_of(self, dataset: Dataset | None) -> Catalog | None:
        database = self.database_of(dataset)
        if self.catalogs is None or database is None:
            return None
        return self.catalogs.for_database(database)

    def table(self, dataset: Dataset, ref: TableRef) -> Table | None:
        """What the catalog knows about a physical table that a dataset reads."""
        catalog = self.catalog_of(dataset)
        return catalog.table(ref.name, ref.schema or dataset.schema, ref.catalog) if catalog else None

    def access(self, dataset: Dataset, ref: ColumnRef, kind: str) -> Access:
        """What serves a predicate of a kind (``in``, ``range``, …) on a physical column."""
        from dashlint.catalog.access import Access, servable

        table = self.table(dataset, ref.table)
        if table is None:
            return Access(usable=None, reason=f"nothing is known of {ref.table.name}")
        return servable(
            table,
            ref.column,
            kind,
            self.engine_of(dataset),
            expression=ref.expression if ref.transformed else None,
        )

    def has_indexes(self, dataset: Dataset) -> bool | None:
        """Whether the engine has indexes at all; None if the engine is not known."""
        from dashlint.sql.engines import engine_named

        return engine_named(self.engine_of(dataset)).indexes

    def base_table(self, dataset: Dataset) -> Table | None:
        """The physical table of a physical dataset, where the catalog knows it."""
        from dashlint.sql.model import TableRef

        if dataset.is_virtual:
            return None
        return self.table(dataset, TableRef(dataset.name, dataset.schema, dataset.catalog))

    def statistics(self, dataset: Dataset, column: str) -> ColumnStatistics | None:
        """What the catalog knows about the one physical column behind a dataset's column."""
        if self.catalog_of(dataset) is None:
            return None
        return self._once("statistics", (dataset, column), lambda: self._statistics(dataset, column))

    def _statistics(self, dataset: Dataset, column: str) -> ColumnStatistics | None:
        refs = self.physical_columns(dataset, column)
        if len(refs) != 1 or refs[0].transformed:
            return None
        table = self.table(dataset, refs[0].table)
        return table.column(refs[0].column) if table is not None else None

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

    # Cost

    def rows(self, query: Query, dataset: Dataset | None) -> Rows:
        """How many rows a query returns."""
        return rows.estimate(query, dataset, self)

    def query_cost(self, query: Query, dataset: Dataset | None) -> Cost:
        """Peak bytes in a worker for one query of a request."""
        return memory.query_cost(query, self.rows(query, dataset), dataset, self)

    def request_cost(self, request: Request, dashboard: Dashboard | None = None) -> Cost:
        """Peak bytes in a worker for one request: its queries are held together."""
        dataset = self.request_dataset(request, dashboard)
        return total(self.query_cost(query, dataset) for query in request.queries)

    def request_dataset(self, request: Request, dashboard: Dashboard | None = None) -> Dataset | None:
        if request.chart is not None:
            return self.dataset_of(request.chart)
        if request.native_filter is not None and dashboard is not None:
            return self.target_dataset(dashboard, request.native_filter)
        return None

    def chart_cost(self, chart: Chart) -> Cost:
        """Peak bytes in a worker for one unfiltered request of a chart."""

        def compute() -> Cost:
            dataset = self.dataset_of(chart)
            parts = self.queries(chart)
            return total(self.query_cost(q, dataset) for q in parts) if parts else UNKNOWN

        return self._once("chart-cost", chart, compute)

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

    @cached_property
    def datasets_by_use(self) -> Mapping[Dataset, tuple[Chart, ...]]:
        return self.workspace.charts_by_dataset


def _charts_of(sent: Iterable[Request]) -> tuple[Chart, ...]:
    return tuple(dict.fromkeys(r.chart for r in sent if r.chart is not None))
