"""What is learnt from SQL text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

#: How the names begin that stand for values which only the server knows.
PLACEHOLDER_PREFIX = "dashlint_"


class TableRef(NamedTuple):
    """A physical table as SQL names it."""

    name: str
    schema: str | None = None
    catalog: str | None = None

    @property
    def label(self) -> str:
        """``catalog.schema.table``, as far as it is known."""
        return ".".join(part for part in (self.catalog, self.schema, self.name) if part)


class ColumnRef(NamedTuple):
    """A physical column.

    ``transformed`` tells that the value went through an expression on the way out
    (function, cast, arithmetic), so that a predicate on the outer name is not one on the
    column itself; ``expression`` is that SQL. ``barrier`` names
    what keeps an engine from moving a predicate on the outer name down to the column:
    ``limit``, ``window``, ``distinct-on``, ``recursive``, ``materialized-cte``.
    """

    table: TableRef
    column: str
    transformed: bool = False
    expression: str | None = None
    barrier: str | None = None


class SqlIssue(NamedTuple):
    """Something about the text itself. ``line``/``column`` count from 1 within the SQL.

    ``snippet`` is the text itself, on one line. ``confidence`` is high, medium or low.
    ``subject`` is the physical column that the issue is about, where there is one.
    """

    kind: str
    message: str
    line: int | None = None
    column: int | None = None
    snippet: str | None = None
    confidence: str = "high"
    subject: ColumnRef | None = None


@dataclass(frozen=True)
class RenderedSql:
    """SQL after its Jinja was rendered. ``dynamic`` names what only the server knows.

    ``macros`` are Superset's macros that the text uses, in whatever branch.
    ``user_dependent`` macros (current_username…) make the cache key differ by user;
    ``key_parts`` are all calls whose value enters the cache key, as written;
    ``time_dependent`` tells of ``now``-like values rendered into the text.
    ``filter_columns`` are the columns named by filter_values, get_filters and
    get_time_filter. ``undefined`` are names that Superset itself does not define
    (JINJA_CONTEXT_ADDONS may). ``removed_filters`` are columns whose filters the text applies by
    itself (``remove_filter=True``): the query around it leaves them out. With an ``error`` (and its
    line, where known), ``text`` is the template as it was.
    """

    text: str
    has_template: bool = False
    macros: tuple[str, ...] = ()
    dynamic: tuple[str, ...] = ()
    user_dependent: tuple[str, ...] = ()
    time_dependent: tuple[str, ...] = ()
    filter_columns: tuple[str, ...] = ()
    error: str | None = None
    error_line: int | None = None
    undefined: tuple[str, ...] = ()
    key_parts: tuple[str, ...] = ()
    template: str = ""
    removed_filters: tuple[str, ...] = ()

    def source_line(self, line: int | None) -> int | None:
        """The template's line behind a line of ``text`` (both from 1); None if unknown.

        Lines that the template does not change are matched exactly, those between them by
        their distance to the line before.
        """
        if line is None or not self.has_template or self.text == self.template:
            return line
        from difflib import SequenceMatcher

        rendered, source = self.text.splitlines(), self.template.splitlines()
        if len(rendered) == len(source):
            return line
        nearest = 0, 0
        for block in SequenceMatcher(None, rendered, source, autojunk=False).get_matching_blocks():
            if block.a <= line - 1 < block.a + block.size:
                return block.b + line - block.a
            if block.a > line - 1 or not block.size:
                break
            nearest = block.a + block.size, block.b + block.size
        return min(nearest[1] + line - nearest[0], len(source)) or None


@dataclass(frozen=True)
class SqlFacts:
    """A parsed statement: tables read, columns that come out and where they come from.

    ``lineage`` maps an output column's name to the physical columns behind it (of a UNION:
    one of each branch). A star over a table with unknown columns is the output ``*``.
    ``error`` is set, and all else empty, when the text does not parse. ``confidence`` is
    ``low`` where the engine's dialect is unknown and generic SQL stood in for it.
    """

    tables: tuple[TableRef, ...] = ()
    outputs: tuple[str, ...] = ()
    lineage: dict[str, tuple[ColumnRef, ...]] | None = None
    issues: tuple[SqlIssue, ...] = ()
    error: SqlIssue | None = None
    confidence: str = "high"

    def origins(self, column: str) -> tuple[ColumnRef, ...]:
        """The physical columns behind an output column, case folded where need be.

        A name that is not listed belongs to the one table whose star is among the
        outputs, if there is exactly one such. Empty when nobody can tell.
        """
        if not self.lineage:
            return ()
        if column in self.lineage:
            return self.lineage[column]
        folded = column.casefold()
        for name, refs in self.lineage.items():
            if name.casefold() == folded and name != "*":
                return refs
        stars = self.lineage.get("*", ())
        if len({ref.table for ref in stars}) != 1:
            return ()
        return tuple(ref._replace(column=column) for ref in stars)
