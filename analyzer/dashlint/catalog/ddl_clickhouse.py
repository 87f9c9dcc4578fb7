"""ClickHouse's own parts of a table: skip indexes and projections.

Source: clickhouse.com/docs/engines/table-engines/mergetree-family/mergetree, "Data skipping indexes"
(``INDEX name expression TYPE type GRANULARITY n``) and "Projections" (``PROJECTION name (SELECT …)``;
``PROJECTION name INDEX expression TYPE basic`` since 26.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashlint.catalog.ddl_keys import read_key
from dashlint.catalog.model import Index, IndexColumn
from dashlint.catalog.tokens import Cursor, tokenize

if TYPE_CHECKING:
    from dashlint.catalog.ddl_model import Parts

#: What ends the list after ORDER BY or GROUP BY in a projection.
_ENDS = frozenset({"ORDER", "GROUP", "SETTINGS", "WITH"})


def as_clickhouse(parts: Parts) -> None:
    """Take a table's parts as ClickHouse means them: primary keys sort, and only Nullable(…) takes NULLs."""
    for index in parts.indexes:
        if index.primary and not parts.sort_key:
            parts.sort_key = tuple(key.name or key.expression or "" for key in index.columns)
    parts.indexes = [index for index in parts.indexes if not index.primary]
    for name, column in parts.columns.items():
        parts.columns[name] = column._replace(nullable="Nullable(" in (column.type or ""))


def read_skip_index(item: Cursor, name: str | None) -> Index | None:
    """From the expression on; None if no TYPE follows, so that it is no skip index."""
    place = next((n for n in range(item.at, len(item.tokens)) if item.tokens[n].upper == "TYPE"), None)
    if place is None:
        return None
    keys = _keys(Cursor(item.text, item.tokens[item.at : place]))
    kind = item.tokens[place + 1].text.lower() if place + 1 < len(item.tokens) else "skip"
    item.at = len(item.tokens)
    return Index(name, keys, method=kind)


def skip_keys(expression: str) -> tuple[IndexColumn, ...]:
    """The keys of a skip index as ``system.data_skipping_indices`` tells its expression (``a, lower(b)``)."""
    words = tokenize(expression, backslashes=True, brackets=False)
    return _keys(Cursor(expression, words))


def read_projection(item: Cursor) -> Index:
    """From the projection's name on.

    One that is sorted keeps the rows in another order and serves as a second sorting key (method
    ``projection``); one that groups serves only queries that aggregate alike (``aggregate-projection``).
    """
    name = item.name()
    if item.skip("INDEX"):
        place = next((n for n in range(item.at, len(item.tokens)) if item.tokens[n].upper == "TYPE"), None)
        return Index(name, _keys(Cursor(item.text, item.tokens[item.at : place])), method="projection")
    inside = item.group()
    grouped = _after(inside, "GROUP")
    if grouped:
        return Index(name, grouped, method="aggregate-projection")
    return Index(name, _after(inside, "ORDER"), method="projection")


def _after(query: Cursor, word: str) -> tuple[IndexColumn, ...]:
    """The keys after ``GROUP BY`` or ``ORDER BY`` of a projection's query."""
    query.at = 0
    while not query.done and not query.skip(word, "BY"):
        query.pass_one()
    start = query.at
    while not query.done and query.peek() not in _ENDS:
        query.pass_one()
    return _keys(Cursor(query.text, query.tokens[start : query.at]))


def _keys(expression: Cursor) -> tuple[IndexColumn, ...]:
    """``a``, ``a, b``, ``(a, b)`` or one expression."""
    if expression.peek() == "(":
        inside = expression.group()
        if expression.done:
            expression = inside
        else:
            expression.at = 0
    return tuple(read_key(key) for key in expression.items() if not key.done)
