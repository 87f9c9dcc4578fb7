"""What a statement does that a dataset's SQL should not: stars, sorting, several statements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from dashlint.sql.lineage import Resolver
from dashlint.sql.model import SqlIssue
from dashlint.sql.statement import Statement, line_text, place

if TYPE_CHECKING:
    from dashlint.sql.statement import Node

# Functions whose result depends on the order of the rows that reach them.
_ORDERED_AGGREGATES = (
    exp.ArrayAgg,
    exp.ArrayConcatAgg,
    exp.First,
    exp.FirstValue,
    exp.GroupConcat,
    exp.JSONArrayAgg,
    exp.JSONObjectAgg,
    exp.Last,
    exp.LastValue,
    exp.AnyValue,
    exp.ArgMax,
    exp.ArgMin,
)
_ORDERED_NAMES = frozenset(
    {"any", "anylast", "collect_list", "grouparray", "groupuniqarray", "json_agg", "json_group_array"}
    | {"json_group_object", "json_object_agg", "jsonb_agg", "jsonb_object_agg", "list", "listagg", "neighbor"}
    | {"runningaccumulate", "runningdifference", "rownumberinallblocks", "string_agg", "wm_concat", "xmlagg"}
)


#: Where an empty list is just false (sqlite.org/lang_expr.html; ClickHouse and DuckDB likewise).
_EMPTY_LISTS_ALLOWED = frozenset({"sqlite", "clickhouse", "duckdb"})


def statement_issues(statement: Statement) -> Iterator[SqlIssue]:
    """Texts that Superset does not accept as a dataset: more than one statement, or no query.

    Source: ``models/helpers.py``, ``get_rendered_sql`` and ``get_from_clause``.
    """
    tree = statement.tree
    if tree is None:
        return
    if statement.extra:
        number = statement.extra + 1
        message = f"The SQL holds {number} statements; Superset takes one per dataset."
        yield SqlIssue("multiple-statements", message)
    if isinstance(tree, exp.Column) or (isinstance(tree, exp.Alias) and isinstance(tree.this, exp.Column)):
        return  # the whole text is a placeholder
    if statement.dialect not in _EMPTY_LISTS_ALLOWED:
        for listed in tree.find_all(exp.In):
            if listed.args.get("expressions") == [] and not (
                listed.args.get("query") or listed.args.get("field")
            ):
                line, column = place(statement, listed)
                message = "IN () with nothing in it is an error on this engine; leave the condition out then."
                yield SqlIssue("empty-in-list", message, line, column, line_text(statement.text, line or 0))
    if not isinstance(tree, exp.Query) and not isinstance(tree, (exp.Values, exp.Table)):
        what = tree.key.upper() if not isinstance(tree, exp.Command) else str(tree.this).upper()
        message = (
            f"The SQL is no query but {what[:30]}; a dataset is read as a subquery, which must be a SELECT."
        )
        yield SqlIssue("not-a-select", message, 1, 1, line_text(statement.text.lstrip(), 1))


def star_issues(statement: Statement, resolver: Resolver) -> Iterator[SqlIssue]:
    """``SELECT *`` over a physical table.

    ``select-star`` where the table's columns become the dataset's, ``select-star-inner`` where
    a query around it chooses among them (which optimizers use to read less). A star over a
    subquery that lists its columns is neither.
    """
    leaving = set(_outer_selects(resolver))
    for scope in resolver.scopes:
        select = scope.expression
        if not isinstance(select, exp.Select) or isinstance(select.parent, exp.Exists):
            continue
        for item in select.expressions:
            if not item.is_star:
                continue
            qualifier = item.table.casefold() if isinstance(item, exp.Column) else ""
            tables = [
                ref
                for alias, owner in resolver.owners(scope).items()
                if qualifier in {"", alias} and (ref := resolver.table_ref(owner.source)) is not None
            ]
            if not tables:
                continue
            line, column = place(statement, item)
            label = " and ".join(ref.label for ref in tables)
            if id(select) in leaving:
                kind, effect = "select-star", "is carried into the dataset, also those that are added later"
            else:
                kind, effect = (
                    "select-star-inner",
                    "is asked for, though the query around it lists its columns",
                )
            message = f"SELECT * reads {label}: every column {effect}; list the columns that charts use."
            yield SqlIssue(kind, message, line, column, line_text(statement.text, line) if line else None)
            break


def _outer_selects(resolver: Resolver) -> Iterator[int]:
    """The SELECTs whose stars reach the statement's result: through stars and unions only."""
    waiting = [resolver.root] if resolver.root is not None else []
    seen: set[int] = set()
    while waiting:
        scope = waiting.pop()
        if id(scope) in seen:
            continue
        seen.add(id(scope))
        yield id(scope.expression)
        waiting += resolver.branches(scope)
        if isinstance(scope.expression, exp.Select):
            for item in scope.expression.expressions:
                if item.is_star:
                    qualifier = item.table.casefold() if isinstance(item, exp.Column) else ""
                    waiting += [
                        owner.source
                        for alias, owner in resolver.owners(scope).items()
                        if qualifier in {"", alias} and isinstance(owner.source, Scope)
                    ]


def order_issues(statement: Statement, resolver: Resolver) -> Iterator[SqlIssue]:
    """ORDER BY of a query whose rows are read as a set: the sort costs, its order is lost.

    A dataset's SQL is itself a subquery (``FROM (…) AS virtual_table``), so its outermost
    ORDER BY counts as well. One with LIMIT, or one that DISTINCT ON needs, decides which rows
    there are; one below an aggregate that keeps the order decides what it gives.
    """
    for scope in resolver.scopes:
        query = scope.expression
        order = query.args.get("order") if isinstance(query, exp.Query) else None
        if not isinstance(order, exp.Order) or _cuts(query) or _order_matters(scope, resolver):
            continue
        line, column = place(statement, order)
        where = "of the dataset's query" if scope is resolver.root else "inside a subquery"
        message = (
            f"ORDER BY {where} has no LIMIT: the rows are sorted and the order is lost, since they are "
            "selected from again; drop it, or sort in the chart."
        )
        yield SqlIssue("order-by-without-limit", message, line, column, line_text(statement.text, line or 0))


def _cuts(query: Node) -> bool:
    distinct = query.args.get("distinct")
    wanted = any(query.args.get(name) for name in ("limit", "offset", "fetch", "limit_by", "top"))
    order = query.args.get("order")
    if isinstance(order, exp.Order) and any(key.args.get("with_fill") for key in order.expressions):
        return True  # ClickHouse: the gaps are found in this order
    return wanted or (isinstance(distinct, exp.Distinct) and bool(distinct.args.get("on")))


def _order_matters(scope: Scope, resolver: Resolver) -> bool:
    parent = scope.expression.parent
    while isinstance(parent, (exp.Subquery, exp.Paren)):
        parent = parent.parent
    if isinstance(parent, (exp.Array, exp.List, exp.ArrayAgg)):
        return True  # ARRAY(SELECT … ORDER BY …)
    for reader in resolver.scopes:
        reads = any(owner.source is scope for owner in resolver.owners(reader).values())
        if reads and (_keeps_order(reader.expression) or _cuts(reader.expression)):
            return True
    return False


def _keeps_order(query: Node) -> bool:
    for node in query.walk():
        if isinstance(node, (*_ORDERED_AGGREGATES, exp.Parameter, exp.SessionParameter)):
            return True  # MySQL's ``@rank := @rank + 1`` counts rows as they come
        if isinstance(node, exp.Func) and node.name.lower() in _ORDERED_NAMES:
            return True
        if isinstance(node, exp.Column) and node.name.lower() in {"rownum", "_row_number"}:
            return True  # Oracle's ROWNUM over a sorted subquery is its LIMIT
    return False
