"""The sources of a FROM clause, and which of them can multiply rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from dashlint.sql.fences import is_recursive
from dashlint.sql.lineage import ONE_ROW_TABLES, Owner, Resolver
from dashlint.sql.statement import argument, query_of

if TYPE_CHECKING:
    from dashlint.sql.statement import Node

_AGGREGATES = (exp.AggFunc,)


class Member(NamedTuple):
    """One source of a FROM clause: its alias, its node, and the join that brings it in."""

    alias: str
    node: Node
    join: exp.Join | None


def members_of(select: Node) -> Iterator[Member]:
    """The sources that a SELECT reads, in their order."""
    source = argument(select, "from")
    if source is not None:
        yield from _nested(source.this, None)
    for join in select.args.get("joins") or ():
        yield from _nested(join.this, join)


def _nested(node: Node, join: exp.Join | None) -> Iterator[Member]:
    """A source, and those joined to it in parentheses (``FROM (a JOIN b ON …) JOIN c``)."""
    inner = node
    while isinstance(inner, (exp.Paren, exp.Subquery)) and isinstance(inner.this, (exp.Table, exp.Paren)):
        yield from (m for j in inner.args.get("joins") or () for m in _nested(j.this, j))
        inner = inner.this
    yield Member(inner.alias_or_name.casefold(), inner, join)
    if inner.args.get("joins") and isinstance(inner, (exp.Table, exp.Subquery)):
        for own in inner.args["joins"]:
            yield from _nested(own.this, own)


def harmless(member: Member, owner: Owner | None, resolver: Resolver) -> bool:
    """Whether a source cannot multiply rows by more than a few, or is tied to its neighbour."""
    node = member.node
    if isinstance(node, (exp.Lateral, exp.Unnest, exp.Values, exp.TableFromRows, exp.UDTF)):
        return True
    if isinstance(node, exp.Table):
        if not isinstance(node.this, exp.Identifier):
            return True  # a function's rows
        if node.name.casefold() in ONE_ROW_TABLES:
            return True
        if node.db and not isinstance(owner.source if owner else None, Scope):
            first = node.parts[0].name.casefold()
            if first in {a for a in _aliases(node) if a != member.alias}:
                return True  # BigQuery's ``FROM t, t.items``
    source = owner.source if owner is not None else None
    return isinstance(source, Scope) and _few_rows(source, resolver, 0)


def _aliases(node: Node) -> set[str]:
    """The aliases of the SELECT that a source stands in."""
    select = node.find_ancestor(exp.Select)
    return {m.alias for m in members_of(select)} if select is not None else set()


def _few_rows(scope: Scope, resolver: Resolver, depth: int) -> bool:
    """One row, or rows that are written out or counted out, not read from a table."""
    if depth > 20 or is_recursive(resolver, scope):
        return True
    query = scope.expression
    branches = resolver.branches(scope)
    if branches:
        return all(_few_rows(branch, resolver, depth + 1) for branch in branches)
    if not isinstance(query, exp.Select):
        return not isinstance(query, exp.Query)  # UNNEST, VALUES, table functions
    limit = query.args.get("limit")
    if isinstance(limit, exp.Limit) and not limit.expressions and str(limit.expression) in {"0", "1"}:
        return True
    if isinstance(limit, exp.Fetch) and str(limit.args.get("count")) == "1":
        return True
    if not query.args.get("group") and _aggregates(query):
        return True
    sources = list(members_of(query))
    owners = resolver.owners(scope)
    return all(_harmless_at(m, owners.get(m.alias), resolver, depth) for m in sources)


def _harmless_at(member: Member, owner: Owner | None, resolver: Resolver, depth: int) -> bool:
    if owner is not None and isinstance(owner.source, Scope):
        return _few_rows(owner.source, resolver, depth + 1)
    return harmless(member, owner, resolver)


def _aggregates(select: exp.Select) -> bool:
    for item in select.expressions:
        for node in item.find_all(*_AGGREGATES):
            if query_of(node) is select and not node.find_ancestor(exp.Window):
                return True
    return False
