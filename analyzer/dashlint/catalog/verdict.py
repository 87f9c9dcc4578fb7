"""Would the engine find a condition's rows by an index, and is that index missing?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from dashlint.catalog.model import Index, Table
from dashlint.catalog.planner import ALL, SURE_SHARE, Costs, Lookup, Rest, costs_of
from dashlint.catalog.serving import Access

Outcome = Literal["served", "scan", "scan-is-right", "unknown"]

#: PostgreSQL's planner uses an index on smaller tables, too, but reads them in some milliseconds without.
SMALL_TABLE = 10_000
#: An index beside one that does the work already has to spare a third of the cost: less is within what
#: samples of the statistics get wrong (docs/warehouse-accuracy.md).
WORTH_IT = 2 / 3


class Verdict(NamedTuple):
    """What an engine does with a condition.

    ``outcome``: ``served`` (an index, partition or sort key finds its rows), ``scan`` (one would, and is
    missing), ``scan-is-right`` (reading everything is cheaper, or nothing could help), ``unknown``.
    ``reason`` is a sentence's end. ``certain`` is False where the source of the indexes has gaps, or what
    counts is not known.
    """

    outcome: Outcome
    reason: str
    certain: bool = True


class Sought(NamedTuple):
    """A condition of a query on one table.

    ``share`` are the rows that it leaves, 0 to 1, None where nobody knows. ``expression``: what it
    compares is no bare column. ``guessed``: nobody told how frequent its values are, and all count as
    equally frequent.
    """

    column: str
    kind: str
    share: float | None
    access: Access
    expression: str | None = None
    guessed: bool = False


def verdict(
    table: Table, sought: Sought, others: Sequence[Sought], engine: str | None, rest: Rest = ALL
) -> Verdict:
    """What becomes of one condition of a query.

    Args:
        table: what the catalog knows of the table.
        sought: the condition.
        others: the query's other conditions on the same table, joined with AND.
        engine: the SQLAlchemy dialect's name.
        rest: what the query does with the rows.
    """
    access = sought.access
    if access.usable is None:
        return Verdict("unknown", access.reason, certain=False)
    if access.by not in (None, "index"):
        return Verdict("served", access.reason, access.certain)
    if access.usable:
        return _with_index(table, sought, others, engine, rest)
    return _without(table, sought, others, engine, rest)


def _with_index(
    table: Table, sought: Sought, others: Sequence[Sought], engine: str | None, rest: Rest
) -> Verdict:
    access = sought.access
    costs = costs_of(table, engine)
    share = _together(sought, others, access.index)
    if costs is None or share is None:
        return Verdict("served", access.reason, access.certain)
    own = _lookup(table, sought, share)
    if costs.find(own, rest) >= costs.scan(rest):
        return Verdict("served", access.reason, certain=False) if sought.guessed else _many(share)
    rival = _rival(table, sought, others, costs)
    if rival is not None and _with(costs, own, rival.lookup) >= costs.find(rival.lookup):
        return Verdict("scan-is-right", f"the condition on {rival.column} finds fewer rows by its own index")
    return Verdict("served", access.reason, access.certain)


def _without(
    table: Table, sought: Sought, others: Sequence[Sought], engine: str | None, rest: Rest
) -> Verdict:
    access, share = sought.access, sought.share
    if table.rows is not None and table.rows < SMALL_TABLE:
        return Verdict("scan-is-right", f"{table.name} has {table.rows:,} rows only")
    if sought.kind == "contains":
        # Its size and use depend on the pattern's letters, which no statistics tell.
        reason = "only a trigram or full-text index finds a pattern without a fixed beginning"
        return Verdict("unknown", reason, certain=False)
    costs = costs_of(table, engine)
    served = [other for other in others if other.access.usable]
    if share is None:
        # One that leaves most of the rows does not do the work.
        served = [other for other in served if _narrows(table, other, costs)]
        if served:
            reason = f"the condition on {served[0].column} has an index already"
            return Verdict("unknown", reason, certain=False)
        return Verdict("scan", access.reason, access.certain)
    if costs is None:
        if share > SURE_SHARE and sought.guessed:
            return _skew_unknown(sought)
        if share > SURE_SHARE:
            return Verdict("scan-is-right", f"{_percent(share)} of the rows match", certain=False)
        better = [o for o in served if o.share is not None and o.share <= share]
        if better:
            return Verdict(
                "scan-is-right", f"the condition on {better[0].column} finds the rows by its index"
            )
        return Verdict("scan", access.reason, access.certain)
    # MariaDB takes an index for one value of which most rows have it, if there is one: no reason to make it.
    own = _lookup(table, sought, share)._replace(equal=False)
    if costs.find(own, rest) >= costs.scan(rest):
        return _skew_unknown(sought) if sought.guessed else _many(share)
    rival = _rival(table, sought, others, costs)
    if rival is not None and _with(costs, own, rival.lookup) > WORTH_IT * costs.find(rival.lookup):
        return Verdict("scan-is-right", f"the condition on {rival.column} finds the rows by its index")
    return Verdict("scan", access.reason, access.certain)


class _Rival(NamedTuple):
    """The way to the rows that other conditions offer: the column of the best one, and what it finds."""

    column: str
    lookup: Lookup


def _rival(table: Table, sought: Sought, others: Sequence[Sought], costs: Costs) -> _Rival | None:
    """What the conditions beside it find by what is there; several indexes together where that pays off."""
    index = sought.access.index
    served: dict[int | str, _Rival] = {}
    for other in others:
        same = index is not None and other.access.index is index
        if not other.access.usable or same or other.share is None:
            continue
        share = _together(other, others, other.access.index)
        lookup = _lookup(table, other, share if share is not None else other.share)
        key = id(other.access.index) if other.access.index is not None else other.column
        if key not in served or lookup.share < served[key].lookup.share:
            served[key] = _Rival(other.column, lookup)
    ordered = sorted(served.values(), key=lambda rival: costs.find(rival.lookup))
    if not ordered:
        return None
    found = ordered[0]
    for more in ordered[1:]:
        together = costs.both(found.lookup, more.lookup)
        if together is not None and together < costs.find(found.lookup):
            share = found.lookup.share * more.lookup.share
            found = _Rival(found.column, found.lookup._replace(share=share, correlation=None))
    return found


def _with(costs: Costs, own: Lookup, rival: Lookup) -> float:
    """The cost of an index beside another way: instead of it, or together with it."""
    together = costs.both(own, rival)
    alone = costs.find(own)
    return alone if together is None else min(alone, together)


def _narrows(table: Table, other: Sought, costs: Costs | None) -> bool:
    if other.share is None:
        return True
    if costs is None:
        return other.share <= SURE_SHARE
    return costs.find(_lookup(table, other, other.share)) < WORTH_IT * costs.scan()


def _many(share: float) -> Verdict:
    return Verdict("scan-is-right", f"{_percent(share)} of the rows match, more than an index is good for")


def _skew_unknown(sought: Sought) -> Verdict:
    reason = f"{sought.column} has few different values, and nobody told how frequent each of them is"
    return Verdict("unknown", reason, certain=False)


def _together(sought: Sought, others: Sequence[Sought], index: Index | None) -> float | None:
    """The rows that an index finds by all conditions that it serves."""
    share = sought.share
    seen = {sought.column}
    for other in others:
        if index is None or other.access.index is not index or other.column in seen or other.share is None:
            continue
        seen.add(other.column)
        share = other.share if share is None else share * other.share
    return share


def _lookup(table: Table, sought: Sought, share: float) -> Lookup:
    known = table.column(sought.column) if sought.expression is None else None
    width = known.average_width if known is not None else None
    correlation = known.correlation if known is not None else None
    return Lookup(share, width, correlation, sought.kind == "equality")


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.1 else f"{share * 100:.2g}%"
