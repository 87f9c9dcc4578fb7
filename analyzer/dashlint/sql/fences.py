"""What keeps an engine from moving a predicate from a query down to the tables within it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from dashlint.sql.statement import query_of

if TYPE_CHECKING:
    from dashlint.sql.lineage import Output, Resolver
    from dashlint.sql.statement import Node

#: A CTE that is read more often than once is computed once and kept (PostgreSQL manual, 7.8.3
#: "Common Table Expression Materialization"); predicates do not reach into it.
_SHARED_CTES_ARE_KEPT = frozenset({"postgres"})


def fenced(resolver: Resolver, scope: Scope, outputs: Iterable[Output]) -> Iterator[Output]:
    """A scope's outputs, with a mark on those whose predicates must be applied outside of it.

    A predicate may pass a window function only on a column that all its windows are
    partitioned by, DISTINCT ON only on one of its columns, and a LIMIT never: rows would be
    numbered, chosen or cut differently. Source: PostgreSQL, ``subquery_is_pushdown_safe`` in
    ``allpaths.c``.
    """
    fence = _fence(resolver, scope)
    partitions, kept = _partitions(scope.expression), _distinct_on(scope.expression)
    sources = _renamed(scope.expression)
    for output in outputs:
        names = {output.name.casefold(), sources.get(output.name.casefold(), "")}
        barrier = fence
        if barrier is None and any(names.isdisjoint(columns) for columns in partitions):
            barrier = "window"
        if barrier is None and kept is not None and names.isdisjoint(kept):
            barrier = "distinct-on"
        if barrier is None:
            yield output
        else:
            refs = tuple(r if r.barrier else r._replace(barrier=barrier) for r in output.refs)
            yield output._replace(refs=refs)


def _partitions(query: Node) -> list[set[str]]:
    """The columns that each window of a SELECT is partitioned by."""
    if not isinstance(query, exp.Select):
        return []
    windows = [node for node in query.find_all(exp.Window) if query_of(node) is query]
    return [
        {c.name.casefold() for c in window.args.get("partition_by") or [] if isinstance(c, exp.Column)}
        for window in windows
    ]


def _distinct_on(query: Node) -> set[str] | None:
    distinct = query.args.get("distinct")
    columns = distinct.args.get("on") if isinstance(distinct, exp.Distinct) else None
    return {c.name.casefold() for c in columns.expressions} if columns is not None else None


def _renamed(query: Node) -> dict[str, str]:
    """Output names of plain columns → the columns' own names."""
    items = query.expressions if isinstance(query, exp.Select) else ()
    return {
        item.alias.casefold(): item.this.name.casefold()
        for item in items
        if isinstance(item, exp.Alias) and isinstance(item.this, exp.Column)
    }


def _fence(resolver: Resolver, scope: Scope) -> str | None:
    if scope.expression.args.get("limit") or scope.expression.args.get("offset"):
        return "limit"
    cte = scope.expression.parent
    if not isinstance(cte, exp.CTE):
        return None
    if is_recursive(resolver, scope):
        return "recursive"
    materialized = cte.args.get("materialized")
    shared = resolver.dialect in _SHARED_CTES_ARE_KEPT and resolver.uses(scope) > 1
    return "materialized-cte" if materialized or (shared and materialized is None) else None


def is_recursive(resolver: Resolver, scope: Scope) -> bool:
    """Whether a scope is a CTE that reads itself."""
    cte = scope.expression.parent
    if not isinstance(cte, exp.CTE):
        return False
    waiting, seen = resolver.branches(scope), set()
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        for owner in resolver.owners(current).values():
            # sqlglot shows the recursive member only the CTE's first branch.
            if isinstance(owner.source, Scope) and owner.source.expression.find_ancestor(exp.CTE) is cte:
                return True
        waiting += resolver.branches(current)
    return False
