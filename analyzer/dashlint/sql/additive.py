"""Metrics that can be computed from groups: their parts, which groups can be summed up further."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, NamedTuple

from dashlint.sql.bounded import within_time

if TYPE_CHECKING:
    from dashlint.sql.statement import Node


class AggregatePart(NamedTuple):
    """An aggregate that groups can keep: ``function`` is SUM, COUNT, MIN or MAX.

    ``sql`` is all of it, ``name`` a plain word for it (``sum_amount``, ``count_rows``).
    """

    function: str
    sql: str
    name: str


@functools.lru_cache(maxsize=1024)
@within_time(lambda *_: None)
def parts(expression: str, engine: str | None) -> tuple[AggregatePart, ...] | None:
    """The aggregates from which a metric's expression can be computed; None where that is not possible.

    SUM, COUNT, MIN and MAX of groups can be taken together; AVG is SUM through COUNT. A count of distinct
    values cannot, nor can medians, windows, subqueries or columns outside of aggregates. Never raises.
    """
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    from dashlint.sql.statement import parse

    statement = parse(f"SELECT\n{expression}\nFROM t", engine)
    tree = statement.tree
    if not isinstance(tree, exp.Select) or statement.error is not None or len(tree.expressions) != 1:
        return None
    node = tree.expressions[0].unalias()
    if node.find(
        exp.Window, exp.Subquery, exp.Select, exp.Distinct, exp.Filter, exp.WithinGroup, exp.Anonymous
    ):
        return None
    found: dict[str, AggregatePart] = {}
    try:
        aggregates = list(node.find_all(exp.AggFunc))
        for aggregate in aggregates:
            own = _parts(aggregate, statement.dialect)
            if own is None:
                return None
            found.update({part.sql: part for part in own})
        loose = [c for c in node.find_all(exp.Column) if c.find_ancestor(exp.AggFunc) is None]
    except (SqlglotError, RecursionError):
        return None
    return tuple(found.values()) if aggregates and not loose else None


def _parts(aggregate: Node, dialect: str) -> list[AggregatePart] | None:
    from sqlglot import exp

    if aggregate.expressions or aggregate.find_ancestor(exp.AggFunc) is not None:
        return None
    argument = aggregate.this
    if argument is None:
        return None
    text = argument.sql(dialect=dialect)
    if isinstance(aggregate, exp.Avg):
        return [_part("SUM", text), _part("COUNT", text)]
    for kind, function in ((exp.Sum, "SUM"), (exp.Count, "COUNT"), (exp.Min, "MIN"), (exp.Max, "MAX")):
        if type(aggregate) is kind:
            return [_part(function, text)]
    return None


def _part(function: str, argument: str) -> AggregatePart:
    every = function == "COUNT" and (argument == "*" or argument.isdecimal())
    sql = "COUNT(*)" if every else f"{function}({argument})"
    # 40 letters leave room for the function, and within what engines allow.
    word = re.sub(r"\W+", "_", argument).strip("_").lower()[:40].strip("_")
    return AggregatePart(function, sql, "count_rows" if every else f"{function.lower()}_{word or 'value'}")
