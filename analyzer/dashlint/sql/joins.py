"""Joins that multiply rows: products of tables without a condition that links them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from dashlint.sql.from_clause import Member, harmless, members_of
from dashlint.sql.lineage import Owner, Resolver, is_placeholder
from dashlint.sql.model import ColumnRef, SqlIssue
from dashlint.sql.statement import Statement, conjuncts, line_text, place, query_of

if TYPE_CHECKING:
    from dashlint.sql.statement import Node


class _Groups:
    """Sources that conditions link (union-find)."""

    def __init__(self, names: Iterable[str]) -> None:
        self._parents = {name: name for name in names}

    def find(self, name: str) -> str:
        while self._parents[name] != name:
            name = self._parents[name]
        return name

    def link(self, names: Iterable[str]) -> None:
        known = [self.find(name) for name in names if name in self._parents]
        for name in known[1:]:
            self._parents[self.find(name)] = self.find(known[0])


def join_issues(statement: Statement, resolver: Resolver) -> Iterator[SqlIssue]:
    """Cartesian products, and joins of whole tables, of every SELECT in the statement."""
    for scope in resolver.scopes:
        if isinstance(scope.expression, exp.Select):
            yield from _cartesian(statement, resolver, scope)
            yield from _unfiltered(statement, resolver, scope)


# --- cartesian products ---------------------------------------------------------------------------


def _cartesian(statement: Statement, resolver: Resolver, scope: Scope) -> Iterator[SqlIssue]:
    members = list(members_of(scope.expression))
    if len(members) < 2:
        return
    owners = resolver.owners(scope)
    counted = [m for m in members if not harmless(m, owners.get(m.alias), resolver)]
    groups = _Groups(member.alias for member in members)
    pinned = {name for names in _constants(scope.expression, resolver, scope) for name in names}
    for condition in _conditions(scope.expression):
        groups.link(_linked(condition, resolver, scope, members))
    for name in _constants(scope.expression, resolver, scope):
        groups.link(name)
    for earlier, member in itertools.pairwise(members):
        if member.join is not None and _links_by_itself(member.join):
            groups.link((earlier.alias, member.alias))
    _link_natural(members, groups)
    seen: set[str] = set()
    for member in counted:
        group = groups.find(member.alias)
        if seen and group not in seen:
            issue = _cartesian_issue(statement, resolver, member, counted[0], owners)
            if issue is not None:
                # ``FROM orders, settings WHERE settings.id = 1`` picks one row, or a few.
                one_row = member.alias in pinned or counted[0].alias in pinned
                yield issue._replace(confidence="low") if one_row else issue
        seen.add(group)


def _cartesian_issue(
    statement: Statement, resolver: Resolver, member: Member, first: Member, owners: dict[str, Owner]
) -> SqlIssue | None:
    explicit = member.join is not None and member.join.kind.upper() == "CROSS"
    if explicit and _grouped(member, owners) and _grouped(first, owners):
        return None  # every combination of two lists of values: a scaffold, and meant
    line, column = place(statement, member.node)
    names = f"{_label(member)} and {_label(first)}"
    how = "CROSS JOIN" if explicit else "No condition"
    verb = "combines" if explicit else "links"
    message = (
        f"{how} {verb} {names}: every row of one meets every row of the other; join them on a common column."
    )
    owner = owners.get(member.alias)
    table = resolver.table_ref(owner.source) if owner is not None else None
    return SqlIssue(
        "cartesian-join",
        message,
        line,
        column,
        line_text(statement.text, line) if line else None,
        "medium" if explicit else "high",
        ColumnRef(table, "*") if table is not None else None,
    )


def _links_by_itself(join: exp.Join) -> bool:
    """USING, NATURAL, ASOF… need no condition; SEMI and ANTI joins add no rows."""
    kind, method = join.kind.upper(), (join.method or "").upper()
    return bool(join.args.get("using")) or bool(method) or kind in {"SEMI", "ANTI", "ARRAY", "POSITIONAL"}


def _link_natural(members: list[Member], groups: _Groups) -> None:
    # USING may name a column of any source before it, not only of the last one.
    for number, member in enumerate(members):
        if member.join is not None and member.join.args.get("using") and number:
            groups.link((members[0].alias, member.alias))


def _conditions(select: Node) -> Iterator[Node]:
    for join in select.find_all(exp.Join):
        if query_of(join) is select and join.args.get("on") is not None:
            yield from conjuncts(join.args["on"])
    for name in ("where", "prewhere", "qualify"):
        clause = select.args.get(name)
        if clause is not None:
            yield from conjuncts(clause.this)


def _linked(condition: Node, resolver: Resolver, scope: Scope, members: list[Member]) -> set[str]:
    """The sources that one condition speaks of; all of them where that cannot be told."""
    found: set[str] = set()
    unknown = 0
    columns = list(condition.find_all(exp.Column))
    for column in columns:
        if is_placeholder(column):
            return {member.alias for member in members}
        owner = resolver.owner(column, scope)
        if column.table and column.table.casefold() in {m.alias for m in members}:
            found.add(column.table.casefold())
        elif owner is not None:
            found.add(owner.alias.casefold())
        else:
            unknown += 1
    if unknown and len(columns) > 1:
        return {member.alias for member in members}
    return found


def _constants(select: Node, resolver: Resolver, scope: Scope) -> Iterator[set[str]]:
    """Sources whose columns are compared to the same constant: linked by way of it."""
    by_value: dict[str, set[str]] = {}
    for condition in _conditions(select):
        if not isinstance(condition, exp.EQ):
            continue
        for column, value in ((condition.left, condition.right), (condition.right, condition.left)):
            if isinstance(column, exp.Column) and not value.find(exp.Column):
                owner = resolver.owner(column, scope)
                if owner is not None:
                    by_value.setdefault(value.sql(), set()).add(owner.alias.casefold())
    yield from by_value.values()


def _grouped(member: Member, owners: dict[str, Owner]) -> bool:
    source = owners[member.alias].source if member.alias in owners else None
    if not isinstance(source, Scope):
        return False
    query = source.expression
    return bool(query.args.get("group") or query.args.get("distinct")) or isinstance(query, exp.Union)


# --- joins of whole tables ------------------------------------------------------------------------


def _unfiltered(statement: Statement, resolver: Resolver, scope: Scope) -> Iterator[SqlIssue]:
    """Physical tables joined whole, although nothing from outside can reduce them.

    A dashboard's filters are put around the dataset's SQL. They can reach a join's tables only
    through columns that pass through unchanged: not where the join's rows are aggregated
    without such a column, numbered by a window or cut by a limit first.
    """
    select = scope.expression
    tables = [
        (member, ref)
        for member in members_of(select)
        if (owner := resolver.owners(scope).get(member.alias)) is not None
        and (ref := resolver.table_ref(owner.source)) is not None
    ]
    if len(tables) < 2 or select.args.get("limit") or any(map(_restricts, _conditions(select))):
        return
    if scope.is_subquery or _reached_from_outside(resolver, scope):
        return
    line, column = place(statement, tables[1][0].node)
    names = ", ".join(ref.label for _, ref in tables[:4]) + (", …" if len(tables) > 4 else "")
    message = (
        f"The join of {names} has no condition that restricts it, and no column that a filter could "
        "use leaves it unchanged, so every query reads the whole tables: filter before joining."
    )
    snippet = line_text(statement.text, line) if line else None
    yield SqlIssue("unfiltered-join", message, line, column, snippet, "medium")


def _restricts(condition: Node) -> bool:
    """Whether a condition compares something to a value, or asks whether rows exist."""
    if isinstance(condition, (exp.Boolean, exp.Literal)):
        return False
    if isinstance(condition, (exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NEQ)):
        return not (condition.left.find(exp.Column) and condition.right.find(exp.Column)) and bool(
            condition.find(exp.Column)
        )
    return True


def _reached_from_outside(resolver: Resolver, scope: Scope) -> bool:
    """Whether a predicate on some output may be moved to a table of this scope, or who knows."""
    selected = (c for item in scope.expression.expressions for c in item.find_all(exp.Column))
    if any(not isinstance(c.this, exp.Star) and resolver.owner(c, scope) is None for c in selected):
        return True
    own = {ref for owner in resolver.owners(scope).values() if (ref := resolver.table_ref(owner.source))}
    outputs = resolver.outputs(resolver.root) if resolver.root is not None else ()
    return any(
        ref.table in own and not ref.transformed and ref.barrier in {None, "materialized-cte"}
        for output in outputs
        for ref in output.refs
    ) or any(not output.refs and output.name == "*" for output in outputs)


# --- words ----------------------------------------------------------------------------------------


def _label(member: Member) -> str:
    name = member.node.alias_or_name
    table = member.node.name if isinstance(member.node, exp.Table) else ""
    return (
        f'"{table}"'
        if table and table == name
        else f'"{table} {name}"'
        if table
        else f'"{name or "a subquery"}"'
    )
