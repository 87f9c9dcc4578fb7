"""Which columns of physical tables a statement joins by."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from dashlint.sql.bounded import within_time
from dashlint.sql.model import TableRef

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.optimizer.scope import Scope

    from dashlint.sql.from_clause import Member
    from dashlint.sql.lineage import Resolver
    from dashlint.sql.statement import Node


class JoinKey(NamedTuple):
    """Two tables of one SELECT that are linked by equal columns.

    ``columns`` are pairs, of the ``first`` table and of the ``second``, which comes later in the text.
    ``optional`` is the table of a LEFT or RIGHT JOIN whose rows may be missing: an engine that looks rows up
    one by one starts with the other. ``line`` is where the second table stands.
    """

    first: TableRef
    second: TableRef
    columns: tuple[tuple[str, str], ...]
    optional: TableRef | None
    line: int | None


@functools.lru_cache(maxsize=512)
@within_time(lambda *_: ())
def join_keys(sql: str, engine: str | None, default_schema: str | None = None) -> tuple[JoinKey, ...]:
    """The joins of physical tables on plain columns, in the order of the text. Never raises.

    Joins with subqueries, on expressions and of a table with itself are left out: which of their rows meet
    is another question.
    """
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    from dashlint.sql.lineage import Resolver
    from dashlint.sql.statement import parse

    statement = parse(sql, engine)
    if statement.tree is None or statement.extra:
        return ()
    found: list[JoinKey] = []
    try:
        resolver = Resolver(statement.tree, statement.dialect, default_schema)
        for scope in resolver.scopes:
            if isinstance(scope.expression, exp.Select):
                found += _of_select(scope, resolver, sql)
    except (SqlglotError, RecursionError):
        return ()
    return tuple(dict.fromkeys(found))


def _of_select(scope: Scope, resolver: Resolver, sql: str) -> Iterator[JoinKey]:
    from dashlint.sql.from_clause import members_of

    members = list(members_of(scope.expression))
    owners = resolver.owners(scope)
    tables: dict[str, TableRef] = {}
    for member in members:
        owner = owners.get(member.alias)
        ref = resolver.table_ref(owner.source) if owner is not None else None
        if ref is not None:
            tables[member.alias] = ref
    once = {alias for alias, ref in tables.items() if list(tables.values()).count(ref) == 1}
    order = [member.alias for member in members]
    links: dict[tuple[str, str], dict[tuple[str, str], None]] = {}
    for link in _links(members, scope, resolver):
        (one, left), (other, right) = sorted(link, key=lambda place: order.index(place[0]))
        if one in once and other in once:
            links.setdefault((one, other), {})[left, right] = None
    by_alias = {member.alias: member for member in members}
    for (one, other), columns in links.items():
        yield JoinKey(
            tables[one],
            tables[other],
            tuple(columns),
            _optional(by_alias[other], tables[one], tables[other]),
            _line(by_alias[other].node, sql),
        )


def _links(
    members: list[Member], scope: Scope, resolver: Resolver
) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Pairs of (alias, column) that conditions set equal."""
    from sqlglot import exp

    from dashlint.sql.statement import conjuncts

    clauses: list[Node] = []
    for number, member in enumerate(members):
        join = member.join
        if join is None:
            continue
        if join.args.get("on") is not None:
            clauses += conjuncts(join.args["on"])
        for column in join.args.get("using") or ():
            if number == 1:  # of more tables, nobody can tell which one is meant
                yield (members[0].alias, column.name), (member.alias, column.name)
    where = scope.expression.args.get("where")
    if where is not None:
        clauses += conjuncts(where.this)
    for clause in clauses:
        if not isinstance(clause, exp.EQ):
            continue
        left, right = clause.left.unnest(), clause.right.unnest()
        if not isinstance(left, exp.Column) or not isinstance(right, exp.Column):
            continue
        one, other = _place(left, scope, resolver), _place(right, scope, resolver)
        if one is not None and other is not None and one[0] != other[0]:
            yield one, other


def _place(column: exp.Column, scope: Scope, resolver: Resolver) -> tuple[str, str] | None:
    owner = resolver.owner(column, scope)
    if owner is None or resolver.owners(scope).get(owner.alias.casefold()) != owner:
        return None
    return owner.alias.casefold(), column.name


def _optional(member: Member, first: TableRef, second: TableRef) -> TableRef | None:
    side = (member.join.side or "").upper() if member.join is not None else ""
    return {"LEFT": second, "RIGHT": first}.get(side)


def _line(node: Node, sql: str) -> int | None:
    from dashlint.sql.statement import position, span

    found = span(node)
    return position(sql, found[0])[0] if found is not None else None
