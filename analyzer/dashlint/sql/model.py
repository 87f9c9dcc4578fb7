"""What is learnt from SQL text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class TableRef(NamedTuple):
    """A physical table as SQL names it."""

    name: str
    schema: str | None = None
    catalog: str | None = None


class ColumnRef(NamedTuple):
    """A physical column. ``transformed`` tells that the value went through an expression

    on the way out (function, cast, arithmetic), so that a predicate on the outer name is
    not a predicate on the column itself; ``expression`` is that SQL.
    """

    table: TableRef
    column: str
    transformed: bool = False
    expression: str | None = None


class SqlIssue(NamedTuple):
    """Something about the text itself. ``line``/``column`` count from 1 within the SQL."""

    kind: str
    message: str
    line: int | None = None
    column: int | None = None
    snippet: str | None = None


@dataclass(frozen=True)
class RenderedSql:
    """SQL after its Jinja was rendered. ``dynamic`` names what only the server knows.

    ``user_dependent`` macros (current_username…) make the cache key differ by user;
    ``time_dependent`` tells of ``now``-like values rendered into the text.
    """

    text: str
    has_template: bool = False
    macros: tuple[str, ...] = ()
    dynamic: tuple[str, ...] = ()
    user_dependent: tuple[str, ...] = ()
    time_dependent: tuple[str, ...] = ()
    filter_columns: tuple[str, ...] = ()
    error: str | None = None


@dataclass(frozen=True)
class SqlFacts:
    """A parsed statement: tables read, columns that come out and where they come from.

    ``lineage`` maps an output column's name to the physical columns behind it.
    ``error`` is set, and all else empty, when the text does not parse.
    """

    tables: tuple[TableRef, ...] = ()
    outputs: tuple[str, ...] = ()
    lineage: dict[str, tuple[ColumnRef, ...]] | None = None
    issues: tuple[SqlIssue, ...] = ()
    error: SqlIssue | None = None
