"""What a condition on one table of a join means for another: its rows are looked up by the join's key."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from dashlint.analysis.conditions import Part, place_of
from dashlint.assets import Dataset
from dashlint.catalog.model import Table
from dashlint.catalog.planner import Lookup, costs_of
from dashlint.catalog.verdict import Sought
from dashlint.superset.query import Query

if TYPE_CHECKING:
    from dashlint.analysis import Analysis
    from dashlint.sql.row_source import RowSource


class Entry(NamedTuple):
    """A way into a table from another that it is joined with.

    ``origin`` and ``place`` tell both tables apart, ``lookup`` is that by the key in ``table``; ``times`` is
    how often it is made, ``each`` how many rows come of it (None: unknown).
    """

    origin: object
    place: object
    table: Table
    lookup: Sought
    times: float | None
    each: float | None


def entries(
    analysis: Analysis, dataset: Dataset, shares: Sequence[tuple[Part, float | None]]
) -> Iterator[Entry]:
    """Join keys by which a virtual dataset's tables can be entered from one that conditions narrow down.

    ``shares`` are the query's conditions, each with the share of its table's rows. Keys count as spread
    evenly over the rows: of a table joined by key with one of which a tenth is left, a tenth is left.
    """
    from dashlint.catalog.access import servable

    engine = analysis.engine_of(dataset)
    read = _read(analysis, dataset)
    if read is None or read.outer:
        return
    tables = [analysis.table(dataset, ref) for ref in read.tables]
    places = [place_of(table, ref) for table, ref in zip(tables, read.tables, strict=True)]
    for link in read.links:
        for (own, key), (other, _) in (link, link[::-1]):
            table, origin = tables[own], tables[other]
            narrowed = _product(shares, places[other])
            if narrowed == 1 or table is None:
                continue
            known = table.column(key)
            distinct = known.distinct if known is not None else None
            sought = Sought(key, "in", narrowed, servable(table, key, "equality", engine))
            times = origin.rows * narrowed if origin is not None and origin.rows is not None else None
            each = table.rows / max(1.0, distinct) if table.rows is not None and distinct else None
            yield Entry(places[other], places[own], table, sought, times, each)


def work_behind(place: object, found: Iterable[Entry], engine: str | None) -> float:
    """What it costs to look up the rows of other tables that are joined with those of a table.

    0 where none is looked up row by row: a hash join costs the same however the rows were found.
    """
    work = 0.0
    for entry in found:
        costs = costs_of(entry.table, engine)
        if entry.origin != place or costs is None or not entry.lookup.access.usable:
            continue
        if entry.times is not None and entry.each is not None and entry.table.rows:
            cost = entry.times * costs.find(Lookup(min(1.0, entry.each / entry.table.rows)))
            work += cost if cost < costs.scan() else 0.0
    return work


def part_wanted(
    analysis: Analysis, dataset: Dataset, query: Query, shares: Sequence[tuple[Part, float | None]]
) -> float:
    """The part of the matching rows, 0 to 1, after which a query's LIMIT lets the engine stop.

    1 where all are needed first, for groups and for an order, and where several tables are joined.
    """
    if query.groups or query.orderby or query.effective_limit is None or query.is_rowcount:
        return 1.0
    read = _read(analysis, dataset)
    if dataset.is_virtual and (read is None or len(read.tables) > 1 or read.reduces):
        return 1.0
    places = {part.where for part, _ in shares}
    table = next((part.table for part, _ in shares), None)
    if len(places) != 1 or table is None or table.rows is None or any(share is None for _, share in shares):
        return 1.0
    matching = table.rows * _product(shares, places.pop())
    return min(1.0, query.effective_limit / max(1.0, matching))


def _read(analysis: Analysis, dataset: Dataset) -> RowSource | None:
    from dashlint.sql.row_source import row_source

    rendered = analysis.rendered_sql(dataset)
    if rendered is None or rendered.error is not None:
        return None
    return row_source(rendered.text, analysis.engine_of(dataset))


def _product(shares: Sequence[tuple[Part, float | None]], place: object) -> float:
    """The share of a table's rows that conditions on it leave; those on one column have theirs in common."""
    left = {(p.ref.column, p.ref.expression): share for p, share in shares if p.where == place}
    return math.prod(share if share is not None else 1.0 for share in left.values())
