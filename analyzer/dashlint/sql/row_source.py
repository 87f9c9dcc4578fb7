"""How many rows a SELECT can have, by its text: which table's rows it passes on, and on which conditions.

Only what can be told for certain: tables, joined on conditions; WHERE, GROUP BY, DISTINCT and LIMIT, which
take rows away. Subqueries in FROM, unions, RIGHT and FULL joins and functions that make rows are not
followed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from dashlint.sql.bounded import within_time
from dashlint.sql.model import TableRef

if TYPE_CHECKING:
    from sqlglot import exp

    from dashlint.sql.statement import Node


class Comparison(NamedTuple):
    """A condition on one column in the words of Superset's filters: ``==``, ``IN``, ``IS NULL``, ``>=``.

    ``table`` counts the tables of the FROM clause; ``op`` is ``?`` where nobody can tell what it does.
    """

    table: int | None
    column: str | None
    op: str
    value: Any = None


#: Two columns of different tables that a condition sets equal: (number of the table, column) twice.
Link = tuple[tuple[int, str], tuple[int, str]]


class RowSource(NamedTuple):
    """What a SELECT reads. ``reduces``: it groups, removes duplicates or stops at a limit.

    ``outer``: some table is LEFT JOINed, so that rows of the first stay without a partner.
    """

    tables: tuple[TableRef, ...]
    links: tuple[Link, ...]
    conditions: tuple[Comparison, ...]
    reduces: bool
    outer: bool = False

    def driver(self, unique: Callable[[TableRef, frozenset[str]], bool]) -> int | None:
        """The table whose rows come out once each at most; None where joins may multiply all of them.

        ``unique`` tells whether some of the columns together hold no value twice: such a table, linked by
        them to tables that are there already, adds no rows.
        """
        for first in range(1 if self.outer else len(self.tables)):
            joined = {first}
            while len(joined) < len(self.tables):
                more = {
                    n for n in range(len(self.tables)) if n not in joined and self._once(n, joined, unique)
                }
                if not more:
                    break
                joined |= more
            else:
                return first
        return None

    def _once(
        self, number: int, joined: set[int], unique: Callable[[TableRef, frozenset[str]], bool]
    ) -> bool:
        pairs = [pair for link in self.links for pair in (link, link[::-1])]
        columns = frozenset(own[1] for own, other in pairs if own[0] == number and other[0] in joined)
        return bool(columns) and unique(self.tables[number], columns)


@functools.lru_cache(maxsize=1024)
@within_time(lambda *_: None)
def row_source(sql: str, engine: str | None) -> RowSource | None:
    """What a SELECT reads; None where its rows cannot be traced to rows of tables. Never raises."""
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    from dashlint.sql.statement import parse

    statement = parse(sql, engine)
    tree = statement.tree
    if not isinstance(tree, exp.Select) or statement.extra or _makes_rows(tree):
        return None
    try:
        return _read(tree)
    except (SqlglotError, RecursionError):
        return None


def comparisons(condition: str, engine: str | None) -> tuple[Comparison, ...]:
    """The conditions of a bare SQL condition on one table, such as a chart's own SQL filter."""
    # On a line of its own: it may end in a comment.
    found = row_source(f"SELECT 1 FROM t WHERE\n{condition}", engine)  # noqa: S608  it is read, never run
    return found.conditions if found is not None else (Comparison(None, None, "?"),)


def _makes_rows(select: exp.Select) -> bool:
    """Whether a row of a table may come out more than once, or rows that are in none."""
    from sqlglot import exp

    clauses = ("laterals", "with", "with_", "connect", "pivots")
    if any(select.args.get(name) for name in clauses):
        return True
    group = select.args.get("group")
    if group is not None and group.find(exp.Cube, exp.Rollup, exp.GroupingSets):
        return True
    if group is not None and any(
        group.args.get(name) for name in ("cube", "rollup", "grouping_sets", "totals")
    ):
        return True
    functions = (exp.Explode, exp.Unnest, exp.UDTF, exp.GenerateSeries, exp.Anonymous)
    return any(item.find(*functions) for item in select.expressions)


def _read(select: exp.Select) -> RowSource | None:
    from sqlglot import exp

    from dashlint.sql.from_clause import members_of
    from dashlint.sql.statement import conjuncts

    members = list(members_of(select))
    names = [member.alias for member in members]
    tables: list[TableRef] = []
    conditions: list[Node] = []
    links: list[Link] = []
    outer = False
    for number, member in enumerate(members):
        node, join = member.node, member.join
        if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier):
            return None
        if node.args.get("pivots"):
            return None
        tables.append(TableRef(node.name, node.db or None, node.catalog or None))
        if join is None:
            continue
        side, kind = (join.side or "").upper(), (join.kind or "").upper()
        if side not in ("", "LEFT") or kind not in ("", "INNER", "OUTER", "CROSS") or join.method:
            return None
        outer = outer or side == "LEFT"
        on = join.args.get("on")
        # The condition of a LEFT JOIN takes no rows away: only what it links counts.
        found = list(conjuncts(on)) if on is not None else []
        conditions += [c for c in found if side != "LEFT" or _linked(c, names)]
        links += [((0, column.name), (number, column.name)) for column in join.args.get("using") or ()]
    if not tables:
        return None
    where = select.args.get("where")
    if where is not None:
        conditions += conjuncts(where.this)
    compared = []
    for condition in conditions:
        link = _linked(condition, names)
        if link is not None:
            links.append(link)
        else:
            compared.append(_comparison(condition, names))
    reduces = any(
        select.args.get(clause) for clause in ("group", "distinct", "limit", "fetch", "having", "qualify")
    ) or any(_aggregates(item) for item in select.expressions)
    return RowSource(tuple(tables), tuple(links), tuple(compared), reduces, outer)


def _aggregates(item: Node) -> bool:
    from sqlglot import exp

    return any(not found.find_ancestor(exp.Window, exp.Subquery) for found in item.find_all(exp.AggFunc))


def _column(node: Node, names: Sequence[str]) -> tuple[int, str] | None:
    from sqlglot import exp

    if not isinstance(node, exp.Column):
        return None
    if not node.table:
        return (0, node.name) if len(names) == 1 else None
    alias = node.table.casefold()
    return (names.index(alias), node.name) if alias in names else None


def _linked(condition: Node, names: Sequence[str]) -> Link | None:
    """The two columns of different tables that a condition sets equal."""
    from sqlglot import exp

    if not isinstance(condition, exp.EQ):
        return None
    left, right = _column(condition.left, names), _column(condition.right, names)
    if left is None or right is None or left[0] == right[0]:
        return None
    return left, right


def _comparison(condition: Node, names: Sequence[str]) -> Comparison:
    return next(_comparisons(condition, names), Comparison(None, None, "?"))


def _comparisons(condition: Node, names: Sequence[str]) -> Iterator[Comparison]:
    from sqlglot import exp

    negated = isinstance(condition, exp.Not)
    inner = condition.this if negated else condition
    while isinstance(inner, exp.Paren):
        inner = inner.this
    column = _column(inner if isinstance(inner, exp.Column) else inner.this, names)
    if column is None:
        if not negated:
            yield from _of_year(inner, names)
        return
    if isinstance(inner, exp.Column):
        yield Comparison(*column, "IS FALSE" if negated else "IS TRUE")
    elif isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null):
        yield Comparison(*column, "IS NOT NULL" if negated else "IS NULL")
    elif isinstance(inner, exp.In) and inner.expressions:
        values = [_literal(value) for value in inner.expressions]
        yield Comparison(*column, "NOT IN" if negated else "IN", values)
    elif not negated:
        op = _OPERATORS.get(type(inner).__name__)
        value = _literal(inner.expression) if op else None
        if op is not None and value is not None:
            yield Comparison(*column, op, value)


def _of_year(condition: Node, names: Sequence[str]) -> Iterator[Comparison]:
    """``EXTRACT(YEAR FROM at) >= 2025`` as what it says of the moment: ``at >= '2025-01-01'``."""
    from sqlglot import exp

    part = condition.this
    extracted = isinstance(part, exp.Extract) and part.name.upper() == "YEAR"
    column = part.expression if extracted else part.this if isinstance(part, exp.Year) else None
    found = _column(column, names) if column is not None else None
    year = _literal(condition.expression) if isinstance(condition, exp.Binary) else None
    step = _YEARS.get(type(condition).__name__)
    if found is not None and step is not None and year is not None and year.isdigit() and len(year) == 4:
        op, more = step
        yield Comparison(*found, op, f"{int(year) + more:04}-01-01")


#: What an operator on a year says of the moment: the operator, and how many years on its bound begins.
_YEARS = {"GT": (">=", 1), "GTE": (">=", 0), "LT": ("<", 0), "LTE": ("<", 1)}
_OPERATORS = {"EQ": "==", "NEQ": "!=", "GT": ">", "GTE": ">=", "LT": "<", "LTE": "<="}


def _literal(node: Node) -> Any:
    """A constant as a filter would hold it; None where it is more than that."""
    from sqlglot import exp

    if isinstance(node, (exp.Cast, exp.TsOrDsToDate)):
        node = node.this
    return node.this if isinstance(node, exp.Literal) else None
