"""What the warehouse knows about its tables: columns, indexes, statistics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple


class ColumnStatistics(NamedTuple):
    """One column. ``average_width`` in bytes, ``distinct`` a count, bounds as text.

    ``collation`` is given where it is not the database's own. ``common`` are the most frequent values
    as text with the share of all rows that each has (0 to 1); ``histogram`` are bounds as text between
    which equally many of the other values lie. ``correlation`` tells how far the values follow the order of
    the rows on disk, from -1 to 1.
    """

    name: str
    type: str | None = None
    nullable: bool | None = None
    distinct: float | None = None
    null_fraction: float | None = None
    average_width: float | None = None
    minimum: str | None = None
    maximum: str | None = None
    collation: str | None = None
    common: tuple[tuple[str, float], ...] | None = None
    histogram: tuple[str, ...] | None = None
    correlation: float | None = None


class IndexColumn(NamedTuple):
    """A key of an index: a column's ``name``, or an ``expression`` (as SQL).

    ``operator_class`` (``text_pattern_ops``, ``gin_trgm_ops``) and ``collation`` are given
    where they are not the type's own; ``length`` is how many characters MySQL indexes.
    """

    name: str | None
    expression: str | None = None
    descending: bool = False
    operator_class: str | None = None
    collation: str | None = None
    length: int | None = None


@dataclass(frozen=True)
class Index:
    """An index. ``columns`` in key order; ``where`` is a partial index's predicate."""

    name: str | None
    columns: tuple[IndexColumn, ...]
    unique: bool = False
    primary: bool = False
    method: str = "btree"
    where: str | None = None
    include: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Table:
    """A physical table. ``indexes`` is None when nobody told us which there are.

    ``indexes_complete`` is False where the source is known to leave some out (primary keys,
    indexes on expressions), so that "no index" is a guess.
    ``sort_key``, ``partitioned_by`` and ``clustered_by`` are column names or expressions;
    ``rows`` and ``bytes`` are None when unknown; ``source`` names where this comes from.
    ``definition`` is the SQL of a view, where it is known.
    """

    name: str
    schema: str | None = None
    catalog: str | None = None
    kind: str = "table"  # table, view, materialized-view, foreign-table
    columns: Mapping[str, ColumnStatistics] = field(default_factory=dict)
    indexes: tuple[Index, ...] | None = None
    rows: int | None = None
    bytes: int | None = None
    partitioned_by: tuple[str, ...] = ()
    sort_key: tuple[str, ...] = ()
    clustered_by: tuple[str, ...] = ()
    source: str = ""
    indexes_complete: bool = True
    definition: str | None = None

    @cached_property
    def _folded(self) -> Mapping[str, ColumnStatistics]:
        return {name.lower(): column for name, column in self.columns.items()}

    def column(self, name: str) -> ColumnStatistics | None:
        return self.columns.get(name) or self._folded.get(name.lower())


class Catalog:
    """Tables of one or more databases. Look-ups fold case and accept a missing schema.

    ``engine`` is the SQLAlchemy dialect name; ``database`` (Superset's database name) is
    None for a catalog that serves whatever database has the engine. ``url`` says where the database is
    (``postgresql://host:5432/name``: never an account, never parameters).
    """

    def __init__(
        self,
        tables: Iterable[Table] = (),
        *,
        engine: str | None = None,
        database: str | None = None,
        source: str = "",
        url: str | None = None,
    ) -> None:
        self.tables = tuple(tables)
        self.engine = engine
        self.database = database
        self.source = source
        self.url = url

    @cached_property
    def _by_name(self) -> Mapping[str, tuple[Table, ...]]:
        found: dict[str, list[Table]] = {}
        for table in self.tables:
            found.setdefault(table.name.lower(), []).append(table)
        return {name: tuple(tables) for name, tables in found.items()}

    def table(self, name: str, schema: str | None = None, catalog: str | None = None) -> Table | None:
        """The table of that name. Without a schema: the only one so named, or ``public``'s."""
        candidates = self._by_name.get(name.lower(), ())
        if schema is not None:
            exact = [t for t in candidates if (t.schema or "").lower() == schema.lower()]
            candidates = tuple(exact) or tuple(t for t in candidates if t.schema is None)
        if catalog is not None:
            named = [t for t in candidates if (t.catalog or "").lower() == catalog.lower()]
            candidates = tuple(named) or tuple(t for t in candidates if t.catalog is None)
        if len(candidates) == 1:
            return candidates[0]
        for table in candidates:
            if (table.schema or "").lower() in {"public", "main", "dbo", "default"}:
                return table
        return None
