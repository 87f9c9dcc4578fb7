"""What serves a filter on a column, and a catalog as the SQL room sees it."""

from __future__ import annotations

from collections.abc import Sequence

from dashlint.catalog.ddl_clauses import columns_in
from dashlint.catalog.model import Catalog, Table
from dashlint.catalog.serving import Access, servable
from dashlint.sql.model import TableRef

__all__ = ["Access", "Knowledge", "servable"]


class Knowledge:
    """A catalog's answers to :class:`dashlint.sql.predicates.TableKnowledge`; None: not known."""

    def __init__(self, catalog: Catalog, engine: str | None = None) -> None:
        self._catalog = catalog
        self._engine = engine or catalog.engine

    def table(self, table: TableRef) -> Table | None:
        return self._catalog.table(*table)

    def columns_of(self, table: TableRef) -> Sequence[str] | None:
        """The table's columns in order, for :func:`dashlint.sql.parse.facts`."""
        found = self.table(table)
        return tuple(found.columns) if found is not None and found.columns else None

    def column_type(self, table: TableRef, column: str) -> str | None:
        found = self.table(table)
        known = found.column(column) if found is not None else None
        return known.type if known is not None else None

    def index_expressions(self, table: TableRef) -> Sequence[str] | None:
        found = self.table(table)
        if found is None or found.indexes is None:
            return None
        return [
            index.columns[0].expression
            for index in found.indexes
            if index.columns and index.columns[0].expression and index.where is None
        ]

    def is_indexed(self, table: TableRef, column: str) -> bool | None:
        found = self.table(table)
        return servable(found, column, "equality", self._engine).usable if found is not None else None

    def has_text_index(self, table: TableRef, column: str) -> bool | None:
        found = self.table(table)
        return servable(found, column, "contains", self._engine).usable if found is not None else None

    def layout(self, table: TableRef) -> Sequence[str] | None:
        found = self.table(table)
        if found is None:
            return None
        names = frozenset(name.casefold() for name in found.columns)
        keys = (*found.partitioned_by, *found.sort_key, *found.clustered_by)
        return [name for key in keys for name in (columns_in(key, names) if names else (key,))]
