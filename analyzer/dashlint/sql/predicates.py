"""Can an index serve what a statement asks for? Its conditions, one by one."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from dashlint.sql.bounded import within_time
from dashlint.sql.model import ColumnRef, SqlIssue, TableRef

if TYPE_CHECKING:
    from dashlint.sql.statement import Statement


class TableKnowledge(Protocol):
    """What a catalog can tell the SQL room. None means that nobody knows."""

    def column_type(self, table: TableRef, column: str) -> str | None:
        """The column's type as the database spells it."""

    def index_expressions(self, table: TableRef) -> Sequence[str] | None:
        """Expressions that indexes of the table have as their first key, as SQL."""

    def is_indexed(self, table: TableRef, column: str) -> bool | None:
        """Whether a filter on the column finds an index, a partition or a sort key."""

    def has_text_index(self, table: TableRef, column: str) -> bool | None:
        """Whether an index serves patterns that begin with a wildcard (trigrams, full text)."""

    def layout(self, table: TableRef) -> Sequence[str] | None:
        """Columns that the table is partitioned, sorted or clustered by."""


class Predicate(NamedTuple):
    """One condition on a column.

    ``kind``: ``equality``, ``in``, ``range``, ``prefix`` (LIKE 'x%'), ``contains``,
    ``negation``, ``null``, ``boolean``, ``join`` (two columns), ``or``, ``other``.
    ``column`` is the physical column, where it is known. ``clause`` is ``where``, ``on`` or
    ``having``. ``issue`` tells why no index on the plain column can serve it, if so.
    """

    kind: str
    column: ColumnRef | None
    clause: str
    snippet: str
    line: int | None
    position: int | None
    issue: SqlIssue | None = None


def predicates(
    sql: str,
    engine: str | None = None,
    *,
    default_schema: str | None = None,
    known: TableKnowledge | None = None,
) -> tuple[Predicate, ...]:
    """The conditions of WHERE, ON and HAVING, in the order of the text. Never raises.

    Args:
        sql: a statement without Jinja; nothing comes back if it does not parse.
        engine: the SQLAlchemy dialect's name.
        default_schema: the schema of tables that are named without one.
        known: what the catalog knows; without it types are unknown and no expression is
            taken to be indexed, so ``confidence`` is lower where that matters.
    """
    from dashlint.sql.statement import parse

    statement = parse(sql, engine)
    if statement.error is not None or statement.tree is None:
        return ()
    if known is None:
        return _cached(sql, engine, default_schema)
    return _predicates(statement, engine, default_schema, known)


def non_sargable(
    sql: str,
    engine: str | None = None,
    *,
    default_schema: str | None = None,
    known: TableKnowledge | None = None,
) -> tuple[SqlIssue, ...]:
    """Conditions that no index on the plain column can serve. Takes what :func:`predicates` takes.

    Kinds: ``function-on-column``, ``cast-on-column``, ``arithmetic-on-column``,
    ``leading-wildcard``, ``case-insensitive-like``, ``implicit-cast``, ``or-across-columns``,
    ``join-on-expression``, ``or-in-join``. On engines that have no indexes only what keeps
    them from skipping data by their layout, and only where the layout is known.
    """
    found = predicates(sql, engine, default_schema=default_schema, known=known)
    return tuple(predicate.issue for predicate in found if predicate.issue is not None)


def condition_issues(
    condition: str,
    engine: str | None = None,
    *,
    table: TableRef | None = None,
    known: TableKnowledge | None = None,
) -> tuple[SqlIssue, ...]:
    """:func:`non_sargable` for a bare condition on one table, such as a chart's SQL filter."""
    from dashlint.sql.dialects import quoted

    parts = (table.catalog, table.schema, table.name) if table is not None else (None, None, "t")
    source = ".".join(quoted(part, engine) for part in parts if part)
    statement = f"SELECT 1 FROM {source} WHERE\n{condition}"  # noqa: S608  it is read, never run
    found = non_sargable(statement, engine, known=known)
    return tuple(issue._replace(line=issue.line - 1 if issue.line else None) for issue in found)


@functools.lru_cache(maxsize=4096)
def _cached(sql: str, engine: str | None, default_schema: str | None) -> tuple[Predicate, ...]:
    from dashlint.sql.statement import parse

    return _predicates(parse(sql, engine), engine, default_schema, None)


@within_time(lambda *_: ())
def _predicates(
    statement: Statement, engine: str | None, default_schema: str | None, known: TableKnowledge | None
) -> tuple[Predicate, ...]:
    from sqlglot.errors import SqlglotError

    from dashlint.sql.conditions import Reader

    if statement.tree is None:
        return ()
    try:
        found = list(_ordered(Reader(statement, engine, default_schema, known).read()))
    except (SqlglotError, RecursionError):
        return ()
    if statement.exact:
        return tuple(found)
    return tuple(
        p._replace(issue=p.issue._replace(confidence="low")) if p.issue is not None else p for p in found
    )


def _ordered(found: Iterator[Predicate]) -> list[Predicate]:
    return sorted(found, key=lambda p: (p.line or 0, p.position or 0))
