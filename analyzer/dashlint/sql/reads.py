"""The physical columns that a whole statement reads, and those that it groups by."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

from dashlint.sql.bounded import within_time
from dashlint.sql.model import ColumnRef, TableRef

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.optimizer.scope import Scope

    from dashlint.sql.lineage import ColumnsOf, Resolver


class Reads(NamedTuple):
    """What a statement reads: tables, columns anywhere in it, and what its outermost query groups by.

    A group key is the physical column behind it, marked as transformed where an expression (a
    time grain, say) stands around it. ``complete`` is False where a name could not be followed, or
    where a star stands for columns that nobody knows.
    """

    tables: tuple[TableRef, ...] = ()
    columns: tuple[ColumnRef, ...] = ()
    group_keys: tuple[ColumnRef, ...] = ()
    complete: bool = False


def reads(
    sql: str,
    engine: str | None = None,
    default_schema: str | None = None,
    columns_of: ColumnsOf | None = None,
) -> Reads:
    """What a statement reads. Never raises; of SQL that does not parse nothing is known.

    Takes what :func:`dashlint.sql.parse.facts` takes.
    """
    if columns_of is None:
        return _cached(sql, engine, default_schema)
    return _reads(sql, engine, default_schema, columns_of)


@functools.lru_cache(maxsize=4096)
def _cached(sql: str, engine: str | None, default_schema: str | None) -> Reads:
    return _reads(sql, engine, default_schema, None)


@within_time(lambda *_: Reads())
def _reads(sql: str, engine: str | None, default_schema: str | None, columns_of: ColumnsOf | None) -> Reads:
    from dashlint.sql.statement import parse

    statement = parse(sql, engine)
    if statement.tree is None:
        return Reads()
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    from dashlint.sql.lineage import Resolver

    try:
        resolver = Resolver(statement.tree, statement.dialect, default_schema, columns_of)
        found: dict[ColumnRef, None] = {}
        complete = resolver.root is not None
        for scope in resolver.scopes:
            for column in _columns(scope):
                if _is_own_name(column, scope):
                    continue
                refs = resolver.refs(column, scope)
                complete &= bool(refs)
                found.update(dict.fromkeys(_plain(ref) for ref in refs))
            if isinstance(scope.expression, exp.Select) and scope.expression.is_star:
                for output in resolver.outputs(scope):
                    complete &= output.name != "*"
                    found.update(dict.fromkeys(_plain(ref) for ref in output.refs if ref.column != "*"))
        keys = _group_keys(resolver)
    except (SqlglotError, RecursionError):
        return Reads()
    return Reads(resolver.tables(), tuple(found), keys, complete)


def _columns(scope: Scope) -> list[exp.Column]:
    """The names in one query, without those of queries inside it."""
    from sqlglot import exp

    from dashlint.sql.lineage import is_placeholder
    from dashlint.sql.statement import query_of

    return [
        column
        for column in scope.expression.find_all(exp.Column)
        if query_of(column) is scope.expression and not is_placeholder(column)
    ]


def _is_own_name(column: exp.Column, scope: Scope) -> bool:
    """Whether a name in ORDER BY is an alias that the query itself gives (ORDER BY count)."""
    from sqlglot import exp

    if not isinstance(scope.expression, exp.Select) or column.find_ancestor(exp.Order) is None:
        return False
    return any(item.alias.casefold() == column.name.casefold() for item in scope.expression.expressions)


def _plain(ref: ColumnRef) -> ColumnRef:
    """The column itself, however it got there."""
    return ColumnRef(ref.table, ref.column)


def _group_keys(resolver: Resolver) -> tuple[ColumnRef, ...]:
    from sqlglot import exp

    root = resolver.root
    if root is None or not isinstance(root.expression, exp.Select):
        return ()
    group = root.expression.args.get("group")
    found: dict[ColumnRef, None] = {}
    for key in group.expressions if group is not None else ():
        direct = isinstance(key.unnest(), exp.Column)
        for column in key.find_all(exp.Column):
            for ref in resolver.refs(column, root):
                found[ref if direct else ref._replace(transformed=True)] = None
    return tuple(found)
