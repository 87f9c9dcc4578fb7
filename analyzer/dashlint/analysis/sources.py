"""What an analysis knows of the rows that datasets have."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from dashlint.analysis.compiled import CompiledQueries
from dashlint.assets import Dataset
from dashlint.cost.groups import held, moment_of
from dashlint.cost.rows import Source
from dashlint.cost.selectivity import Condition, share
from dashlint.superset.query import Query

if TYPE_CHECKING:
    from dashlint.catalog.model import Table
    from dashlint.sql.model import ColumnRef, TableRef


class RowSources(CompiledQueries):
    """Rows of datasets from the catalog, of virtual ones by their SQL."""

    def source_rows(self, dataset: Dataset) -> Source:
        """How many rows a dataset has: those of its table, or what its SQL makes of those of its tables.

        A join counts where it looks up rows by a unique key; ``expected`` takes every row to find its
        partner.
        """
        return self._once("source-rows", dataset, lambda: self._source_rows(dataset))

    def _source_rows(self, dataset: Dataset) -> Source:
        if not dataset.is_virtual:
            table = self.base_table(dataset)
            rows = table.rows if table is not None else None
            return Source(rows, rows)
        rendered = self.rendered_sql(dataset)
        if self.catalog_of(dataset) is None or rendered is None or rendered.error is not None:
            return Source(None, None)
        from dashlint.sql.row_source import row_source

        read = row_source(rendered.text, self.engine_of(dataset))
        tables = [self.table(dataset, ref) for ref in read.tables] if read is not None else []

        def unique(ref: TableRef, columns: frozenset[str]) -> bool:
            table = self.table(dataset, ref)
            return table is not None and any(key <= columns for key in _keys(table))

        driver = read.driver(unique) if read is not None else None
        driving = tables[driver] if driver is not None else None
        rows = driving.rows if driving is not None else None
        if read is None or rows is None:
            return Source(None, None)
        if read.reduces:
            # An aggregate of nothing is a row all the same.
            return Source(None, max(1, rows))
        names = [f"{c.table}.{c.column}" if c.table is not None else None for c in read.conditions]
        statistics = {
            name: table.column(c.column)
            for name, c in zip(names, read.conditions, strict=True)
            if name is not None and c.column and (table := tables[c.table or 0]) is not None
        }
        conditions = [Condition(n, c.op, c.value) for n, c in zip(names, read.conditions, strict=True)]
        left = share(conditions, statistics, self.now)
        return Source(rows * left if left is not None else None, rows)

    def unique_columns(self, dataset: Dataset) -> frozenset[str]:
        """Columns of a physical dataset in which no value occurs twice: those with a unique index."""
        table = self.base_table(dataset)
        keys = _keys(table) if table is not None else ()
        return frozenset(next(iter(key)) for key in keys if len(key) == 1)

    def span(self, dataset: Dataset, column: str) -> int | None:
        """Seconds between the first and the last moment of a column; None where that is not known.

        A moment that a virtual dataset truncates (``date_trunc('day', ordered_at) AS day``) covers no more
        time, but for the beginning of its first bucket.
        """
        refs = self.physical_columns(dataset, column) if self.catalog_of(dataset) is not None else ()
        if len(refs) != 1:
            return None
        (ref,) = refs
        if ref.transformed:
            from dashlint.sql.wrappers import is_truncation

            if not is_truncation(ref.expression or "", self.engine_of(dataset)):
                return None
        table = self.table(dataset, ref.table)
        first, last = held(table.column(ref.column) if table is not None else None)
        if first is None or last is None:
            return None
        since, until = self._bounds(dataset, ref)
        first = max([first, *since])
        return max(0, int((min([last, *until]) - first).total_seconds()))

    def _bounds(self, dataset: Dataset, ref: ColumnRef) -> tuple[list[datetime], list[datetime]]:
        """Moments from which on, and up to which, a virtual dataset's own conditions leave a column."""
        since: list[datetime] = []
        until: list[datetime] = []
        rendered = self.rendered_sql(dataset) if dataset.is_virtual else None
        if rendered is None or rendered.error is not None:
            return since, until
        from dashlint.sql.row_source import row_source

        read = row_source(rendered.text, self.engine_of(dataset))
        for condition in read.conditions if read is not None else ():
            if condition.table is None or condition.column != ref.column:
                continue
            if read is not None and read.tables[condition.table] == ref.table:
                bound = moment_of(condition.value)
                if bound is not None and condition.op in (">", ">="):
                    since.append(bound)
                elif bound is not None and condition.op in ("<", "<="):
                    until.append(bound)
        return since, until

    def planned_rows(self, query: Query, dataset: Dataset) -> float | None:
        """How many rows of a dataset pass a query's filters, by EXPLAIN; None where none was asked."""
        if self.planner is None:
            return None
        return self.planner.rows(self, query, dataset)

    def planned_width(self, dataset: Dataset, column: str) -> float | None:
        """Bytes of an average value of a dataset's column, by EXPLAIN; None where it does not know."""
        if self.planner is None:
            return None
        return self.planner.width(self, dataset, column)

    def sql_conditions(self, query: Query, dataset: Dataset) -> tuple[Condition, ...]:
        """The conditions of a query's own SQL filter; one that nobody understands is ``?``."""
        from dashlint.sql.row_source import comparisons

        if "{{" in query.where or "{%" in query.where:
            return (Condition(None, "?"),)
        found = comparisons(query.where, self.engine_of(dataset))
        return tuple(Condition(c.column, c.op, c.value) for c in found)


def _keys(table: Table) -> tuple[frozenset[str], ...]:
    """Sets of columns whose values together are unique."""
    return tuple(
        frozenset(column.name for column in index.columns if column.name)
        for index in table.indexes or ()
        if (index.unique or index.primary) and index.where is None and all(c.name for c in index.columns)
    )
