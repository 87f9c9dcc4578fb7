"""Would the engine find a condition's rows by an index, and is that index missing?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from dashlint.catalog.model import Index, Table
from dashlint.catalog.planner import SURE_SHARE, costs_of
from dashlint.catalog.serving import Access

Outcome = Literal["served", "scan", "scan-is-right", "unknown"]

#: PostgreSQL's planner uses an index on smaller tables, too, but reads them in some milliseconds without.
SMALL_TABLE = 10_000


class Verdict(NamedTuple):
    """What an engine does with a condition.

    ``outcome``: ``served`` (an index, partition or sort key finds its rows), ``scan`` (one would, and is
    missing), ``scan-is-right`` (reading everything is cheaper, or nothing could help), ``unknown``.
    ``reason`` is a sentence's end. ``certain`` is False where sizes or statistics are missing.
    """

    outcome: Outcome
    reason: str
    certain: bool = True


class Sought(NamedTuple):
    """A condition of a query on one table.

    ``share`` are the rows that it leaves, 0 to 1, None where nobody knows. ``expression``: what it compares
    is no bare column.
    """

    column: str
    kind: str
    share: float | None
    access: Access
    expression: str | None = None


def verdict(table: Table, sought: Sought, others: Sequence[Sought], engine: str | None) -> Verdict:
    """What becomes of one condition of a query.

    Args:
        table: what the catalog knows of the table.
        sought: the condition.
        others: the query's other conditions on the same table, joined with AND.
        engine: the SQLAlchemy dialect's name.
    """
    access = sought.access
    if access.usable is None:
        return Verdict("unknown", access.reason, certain=False)
    if access.by not in (None, "index"):
        return Verdict("served", access.reason, access.certain)
    if access.usable:
        return _with_index(table, sought, others, engine)
    return _without(table, sought, others, engine)


def _with_index(table: Table, sought: Sought, others: Sequence[Sought], engine: str | None) -> Verdict:
    access = sought.access
    costs = costs_of(table, engine)
    share = _together(sought, others, access.index)
    if costs is None or share is None:
        return Verdict("served", access.reason, access.certain)
    if costs.find(share, _width(table, sought), equal=sought.kind == "equality") >= costs.scan():
        return Verdict(
            "scan-is-right", f"{_percent(share)} of the rows match, more than an index is good for"
        )
    better = _better(sought, others)
    if better is not None and better.share is not None and not costs.more(share, better.share):
        return Verdict("scan-is-right", f"the condition on {better.column} finds fewer rows by its own index")
    return Verdict("served", access.reason, access.certain)


def _without(table: Table, sought: Sought, others: Sequence[Sought], engine: str | None) -> Verdict:
    access, share = sought.access, sought.share
    if table.rows is not None and table.rows < SMALL_TABLE:
        return Verdict("scan-is-right", f"{table.name} has {table.rows:,} rows only")
    better = _better(sought, others)
    if share is None:
        if better is not None:
            return Verdict("unknown", f"the condition on {better.column} has an index already", certain=False)
        return Verdict("scan", access.reason, certain=False)
    costs = costs_of(table, engine)
    if costs is None:
        if share > SURE_SHARE:
            return Verdict("scan-is-right", f"{_percent(share)} of the rows match", certain=False)
    elif costs.find(share, _width(table, sought), equal=sought.kind == "equality") >= costs.scan():
        return Verdict(
            "scan-is-right", f"{_percent(share)} of the rows match, more than an index is good for"
        )
    if better is not None and better.share is not None:
        used = costs.more(share, better.share) if costs is not None else share < better.share
        if not used:
            return Verdict("scan-is-right", f"the condition on {better.column} finds the rows by its index")
    return Verdict("scan", access.reason, access.certain and table.rows is not None)


def _many(share: float) -> Verdict:
    return Verdict("scan-is-right", f"{_percent(share)} of the rows match, more than an index is good for")


def _together(sought: Sought, others: Sequence[Sought], index: Index | None) -> float | None:
    """The rows that an index finds by all conditions that it serves."""
    share = sought.share
    for other in others:
        if index is not None and other.access.index is index and other.column != sought.column:
            if other.share is None:
                continue
            share = other.share if share is None else share * other.share
    return share


def _better(sought: Sought, others: Sequence[Sought]) -> Sought | None:
    """The condition beside it that finds the fewest rows by something that is there."""
    index = sought.access.index
    served = [
        other
        for other in others
        if other.access.usable and not (index is not None and other.access.index is index)
    ]
    known = [other for other in served if other.share is not None]
    if known:
        return min(known, key=lambda other: other.share if other.share is not None else 1.0)
    return served[0] if served else None


def _width(table: Table, sought: Sought) -> float | None:
    known = table.column(sought.column)
    return known.average_width if known is not None else None


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.1 else f"{share * 100:.2g} %".replace(" %", "%")
