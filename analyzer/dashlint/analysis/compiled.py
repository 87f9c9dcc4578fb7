"""What an analysis knows of the SQL that queries become: the statements, and what they read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashlint.analysis.warehouse import WarehouseFacts
from dashlint.assets import Dataset
from dashlint.records import NamedTuple
from dashlint.superset.query import Query

if TYPE_CHECKING:
    from dashlint.chart_sql.compiling import Surroundings
    from dashlint.chart_sql.listed import Written
    from dashlint.chart_sql.model import Statement
    from dashlint.sql.model import ColumnRef
    from dashlint.sql.predicates import Predicate
    from dashlint.sql.reads import Reads


class CompiledPredicate(NamedTuple):
    """A condition of a statement: the physical column it is on (if known), its kind, clause and SQL."""

    column: str | None
    kind: str
    clause: str
    sql: str


class CompiledStatement(NamedTuple):
    """One statement that reaches the database, and what it reads; names are ``schema.table.column``.

    ``role`` is ``main`` or a time offset. ``unknown`` tells what the text leaves to the server. With
    an ``error`` Superset refuses the query and ``sql`` is None. ``group_keys`` are physical columns,
    each with whether an expression stands around it. ``complete``: every name could be followed.
    """

    role: str
    sql: str | None
    error: str | None
    unknown: tuple[str, ...]
    tables: tuple[str, ...]
    columns: tuple[str, ...]
    predicates: tuple[CompiledPredicate, ...]
    group_keys: tuple[tuple[str, bool], ...]
    complete: bool


class CompiledQueries(WarehouseFacts):
    """The SQL of queries, each compiled and parsed once and on demand."""

    def compiled(
        self, query: Query, dataset: Dataset | None, *, legacy: bool = False
    ) -> tuple[CompiledStatement, ...]:
        """:meth:`statements` together with what each of them reads."""
        if dataset is None:
            return ()
        return tuple(self._compiled(one, dataset) for one in self.statements(query, dataset, legacy=legacy))

    def _compiled(self, statement: Statement, dataset: Dataset) -> CompiledStatement:
        reads = self.reads(statement, dataset)
        predicates = tuple(
            CompiledPredicate(_name(p.column) if p.column is not None else None, p.kind, p.clause, p.snippet)
            for p in self.conditions(statement, dataset)
        )
        return CompiledStatement(
            statement.role,
            statement.sql or None,
            statement.error,
            statement.unknown,
            tuple(table.label for table in reads.tables),
            tuple(_name(ref) for ref in reads.columns),
            predicates,
            tuple((_name(ref), ref.transformed) for ref in reads.group_keys),
            reads.complete,
        )

    def written_conditions(
        self, query: Query, dataset: Dataset, *, legacy: bool = False
    ) -> tuple[Written, ...]:
        """What a query puts around its dataset, condition by condition, each with the filter behind it."""
        from dashlint.chart_sql.compiling import conditions

        return self._once(
            "written-conditions",
            (dataset, legacy, repr(query.raw), tuple(f.source for f in query.filters)),
            lambda: conditions(query, dataset, self._surroundings(dataset), legacy=legacy),
        )

    def _surroundings(self, dataset: Dataset) -> Surroundings:
        from dashlint.chart_sql.compiling import Surroundings

        return Surroundings(
            self.engine_of(dataset),
            self.settings,
            self.now,
            lambda dataset_id: self.workspace.dataset(dataset.origin.root, id=dataset_id),
        )

    def statements(
        self, query: Query, dataset: Dataset | None, *, legacy: bool = False
    ) -> tuple[Statement, ...]:
        """The SQL that reaches the database for a query: its own, and one for each time offset.

        Empty where the dataset is not known. ``legacy``: the chart posts form data.
        """
        if dataset is None:
            return ()
        from dashlint.chart_sql.compiling import statements

        return self._once(
            "statements",
            (dataset, legacy, repr(query.raw)),
            lambda: statements(query, dataset, self._surroundings(dataset), legacy=legacy),
        )

    def reads(self, statement: Statement, dataset: Dataset) -> Reads:
        """Tables, columns and group keys of a statement, through virtual datasets."""
        from dashlint.sql.reads import reads

        engine = self.engine_of(dataset)
        return self._once(
            "reads",
            (statement.sql, engine, dataset.schema),
            lambda: reads(statement.sql, engine, dataset.schema, self.known_columns(dataset)),
        )

    def conditions(self, statement: Statement, dataset: Dataset) -> tuple[Predicate, ...]:
        """The predicates of a statement, each with the physical column that it is on."""
        from dashlint.sql.predicates import predicates

        engine = self.engine_of(dataset)
        return self._once(
            "conditions",
            (statement.sql, engine, dataset.schema),
            lambda: predicates(
                statement.sql, engine, default_schema=dataset.schema, known=self.table_knowledge(dataset)
            ),
        )


def _name(ref: ColumnRef) -> str:
    return f"{ref.table.label}.{ref.column}"
