"""What an analysis knows of SQL and of the warehouse: where columns come from, what serves a filter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from dashlint.assets import Chart, Database, Dataset, Workspace
from dashlint.superset.settings import Settings, modelled_version

if TYPE_CHECKING:
    from dashlint.analysis.planned import Planner
    from dashlint.catalog.access import Access
    from dashlint.catalog.load import CatalogSet
    from dashlint.catalog.model import Catalog, ColumnStatistics, Table
    from dashlint.deployment.model import Deployment
    from dashlint.sql.lineage import ColumnsOf
    from dashlint.sql.model import ColumnRef, RenderedSql, SqlFacts, SqlIssue, TableRef
    from dashlint.sql.predicates import TableKnowledge

_K = TypeVar("_K")
_V = TypeVar("_V")


class WarehouseFacts:
    """Facts about datasets, their SQL and their tables, each computed once and on demand.

    ``missing`` collects what was looked for and not known, by topic (``indexes``,
    ``statistics``): the report says each topic once.
    """

    def __init__(
        self,
        workspace: Workspace,
        settings: Settings | None = None,
        catalogs: CatalogSet | None = None,
        now: datetime | None = None,
        deployment: Deployment | None = None,
    ) -> None:
        """``now`` is the clock that relative time ranges are resolved by; by default this machine's.

        ``deployment`` is how the Superset is run, where files that say so were given.
        """
        self.workspace = workspace
        self.now = now or datetime.now()  # noqa: DTZ005 - Superset takes its server's local time
        self.settings = settings or Settings(version=modelled_version(workspace.superset_version))
        self.catalogs = catalogs
        self.deployment = deployment
        #: A database that can be asked for plans, of some of the workspace's databases; set before use.
        self.planner: Planner | None = None
        self.missing: dict[str, dict[str, None]] = {}
        self._known: defaultdict[str, dict[Any, Any]] = defaultdict(dict)
        self._read_by: dict[Dataset, dict[Dataset, None]] = {}

    def _once(self, kind: str, key: _K, compute: Callable[[], _V]) -> _V:
        known = self._known[kind]
        if key in known:
            value: _V = known[key]
            return value
        value = known[key] = compute()
        return value

    def lacks(self, topic: str, subject: str) -> None:
        """Notes that something would have been needed to say more."""
        self.missing.setdefault(topic, {})[subject] = None

    def dataset_of(self, chart: Chart) -> Dataset | None:
        return self.workspace.dataset_of(chart)

    def database_of(self, dataset: Dataset | None) -> Database | None:
        return self.workspace.database_of(dataset) if dataset is not None else None

    def engine_of(self, dataset: Dataset | None) -> str | None:
        """The SQLAlchemy dialect name of a dataset's database, None if unknown."""
        database = self.database_of(dataset)
        return database.engine if database is not None else None

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
        known = dataset.column_by_name.get(column)
        if known is not None and known.expression:
            return ()
        return self.plain_columns(dataset, column)

    def plain_columns(self, dataset: Dataset, column: str) -> tuple[ColumnRef, ...]:
        """The physical columns behind a column of what a dataset selects from, calculated ones aside."""
        from dashlint.sql.model import ColumnRef, TableRef

        if not dataset.is_virtual:
            table = TableRef(dataset.name, dataset.schema, dataset.catalog)
            return (ColumnRef(table, column),)
        facts = self.sql_facts(dataset)
        return facts.origins(column) if facts is not None else ()

    # Warehouse

    def catalog_of(self, dataset: Dataset | None) -> Catalog | None:
        if self.catalogs is None:
            return None
        database = self.database_of(dataset)
        return self.catalogs.for_database(database) if database is not None else None

    def table(self, dataset: Dataset, ref: TableRef) -> Table | None:
        """What the catalog knows about a physical table that a dataset reads."""
        catalog = self.catalog_of(dataset)
        return catalog.table(ref.name, ref.schema or dataset.schema, ref.catalog) if catalog else None

    def known_columns(self, dataset: Dataset) -> ColumnsOf | None:
        """What tells the columns of the tables that a dataset's SQL names; None without a catalog."""
        if self.catalog_of(dataset) is None:
            return None

        def columns_of(ref: TableRef) -> tuple[str, ...] | None:
            table = self.table(dataset, ref)
            return tuple(table.columns) if table is not None and table.columns else None

        return columns_of

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
        if dataset.is_virtual or self.catalogs is None:
            return None
        from dashlint.sql.model import TableRef

        return self.table(dataset, TableRef(dataset.name, dataset.schema, dataset.catalog))

    def statistics(self, dataset: Dataset, column: str) -> ColumnStatistics | None:
        """What the catalog knows about the one physical column behind a dataset's column.

        Of a calculated column that lists its values (``CASE … THEN 'a' ELSE status END``), how many they are
        at most.
        """
        listed = self._listed(dataset, column)
        if listed is not None:
            return listed
        if self.catalog_of(dataset) is None:
            return None
        return self._once("statistics", (dataset, column), lambda: self._statistics(dataset, column))

    def _listed(self, dataset: Dataset, column: str) -> ColumnStatistics | None:
        found = dataset.column_by_name.get(column)
        if found is None or not found.expression:
            return None
        from dashlint.catalog.model import ColumnStatistics
        from dashlint.sql.cases import listed_values

        listed = listed_values(found.expression, self.engine_of(dataset))
        if listed is None:
            return None
        distinct: float = listed.values
        for name in listed.columns:
            other = dataset.column_by_name.get(name)
            known = None if other is not None and other.expression else self.statistics(dataset, name)
            if known is None or known.distinct is None:
                return None
            distinct += known.distinct
        nulls = None if listed.nullable or listed.columns else 0.0
        return ColumnStatistics(column, distinct=distinct, null_fraction=nulls)

    def _statistics(self, dataset: Dataset, column: str) -> ColumnStatistics | None:
        refs = self.physical_columns(dataset, column)
        if len(refs) != 1 or refs[0].transformed:
            return None
        table = self.table(dataset, refs[0].table)
        return table.column(refs[0].column) if table is not None else None
