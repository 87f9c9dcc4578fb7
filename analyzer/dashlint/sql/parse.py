"""What a dataset's SQL reads, what it gives, and what is wrong with it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from dashlint.sql.bounded import within_time
from dashlint.sql.model import ColumnRef, SqlFacts, SqlIssue, TableRef

if TYPE_CHECKING:
    from dashlint.sql.statement import Node

#: The columns of a physical table in order, or None where nobody knows them.
ColumnsOf = Callable[[TableRef], "Sequence[str] | None"]


def facts(
    sql: str,
    engine: str | None = None,
    default_schema: str | None = None,
    columns_of: ColumnsOf | None = None,
) -> SqlFacts:
    """Read a statement (rendered, without Jinja). Never raises.

    Args:
        sql: the text; only its first statement is looked into.
        engine: the SQLAlchemy dialect's name; None or an unknown one is read as generic SQL,
            with ``confidence`` low.
        default_schema: the schema of tables that are named without one.
        columns_of: gives a physical table's columns, where a catalog knows them: stars are
            expanded, and names without a qualifier find their table.

    Returns:
        The facts; on SQL that does not parse only ``error``. ``issues`` are of the kinds
        ``select-star``, ``select-star-inner``, ``cartesian-join``, ``unfiltered-join``,
        ``order-by-without-limit``, ``multiple-statements``, ``not-a-select``, ``empty-in-list``.
    """
    if columns_of is None:
        return _cached(sql, engine, default_schema)
    return _facts(sql, engine, default_schema, columns_of)


@functools.lru_cache(maxsize=4096)
def _cached(sql: str, engine: str | None, default_schema: str | None) -> SqlFacts:
    return _facts(sql, engine, default_schema, None)


@within_time(lambda *_: _given_up())
def _facts(
    sql: str, engine: str | None, default_schema: str | None, columns_of: ColumnsOf | None
) -> SqlFacts:
    from dashlint.sql.statement import parse

    statement = parse(sql, engine)
    confidence = "high" if statement.exact else "low"
    if statement.error is not None or statement.tree is None:
        return SqlFacts(error=statement.error, confidence=confidence)
    from sqlglot.errors import SqlglotError

    from dashlint.sql.joins import join_issues
    from dashlint.sql.lineage import Resolver
    from dashlint.sql.structure import order_issues, star_issues, statement_issues

    issues = list(statement_issues(statement))
    try:
        resolver = Resolver(statement.tree, statement.dialect, default_schema, columns_of)
        outputs = resolver.outputs(resolver.root) if resolver.root is not None else ()
        tables = resolver.tables()
        issues += _weighed(star_issues(statement, resolver), confidence)
        issues += _weighed(join_issues(statement, resolver), confidence)
        issues += _weighed(order_issues(statement, resolver), confidence)
    except (SqlglotError, RecursionError):
        # Parses, but its names cannot be told apart (an alias given twice, say).
        return SqlFacts(tables=_named(statement.tree, default_schema), issues=tuple(issues), confidence="low")
    lineage: dict[str, tuple[ColumnRef, ...]] = {}
    for output in outputs:
        if output.name == "*":
            lineage["*"] = (*lineage.get("*", ()), *output.refs)
        else:
            lineage.setdefault(output.name, output.refs)
    return SqlFacts(tables, tuple(lineage), lineage, tuple(issues), None, confidence)


def _given_up() -> SqlFacts:
    from dashlint.sql.statement import too_slow

    return SqlFacts(error=too_slow(), confidence="low")


def _weighed(issues: Iterator[SqlIssue], confidence: str) -> Iterator[SqlIssue]:
    for issue in issues:
        yield issue if confidence == "high" else issue._replace(confidence=confidence)


def _named(tree: Node, default_schema: str | None) -> tuple[TableRef, ...]:
    """Every table that the text names, whatever for; for statements that scopes cannot be built of."""
    from sqlglot import exp

    ctes = {cte.alias.casefold() for cte in tree.find_all(exp.CTE)}
    found = {
        TableRef(table.name, table.db or default_schema, table.catalog or None): None
        for table in tree.find_all(exp.Table)
        if isinstance(table.this, exp.Identifier) and not (table.name.casefold() in ctes and not table.db)
    }
    return tuple(found)
