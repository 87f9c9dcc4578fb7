"""A query's conditions one by one, each with the filter that it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from dashlint.superset.js import column_label
from dashlint.superset.query import Query, QueryFilter


class Written(NamedTuple):
    """A condition of WHERE. ``of`` is ``filter``, ``time-range`` (of the query's granularity) or ``sql``.

    ``entry`` is the query's filter behind it, where there is one; ``value`` is what the server compares
    with: a time range of the dashboard has taken the place of the filter's own.
    """

    sql: str
    of: str
    entry: QueryFilter | None = None
    value: Any = None


def with_sources(query: Query, found: Iterator[tuple[Any, str]]) -> Iterator[Written]:
    """The conditions that a compiler wrote, each with the entry of ``query.filters`` that it is from.

    ``found`` are pairs: a raw filter and its SQL. A raw filter is known again by its column and operator,
    and by its value, unless a time range changed that.
    """
    waiting = list(query.filters)
    for raw, sql in found:
        column = str(column_label(raw.get("col")))
        op, value = str(raw.get("op")), raw.get("val")
        same = [f for f in waiting if f.col == column and f.op == op]
        entry = next((f for f in same if repr(f.val) == repr(value)), same[0] if same else None)
        if entry is not None:
            waiting.remove(entry)
        yield Written(sql, "filter", entry, value)
