"""Values of columns in statistics: how many a catalog keeps, and how to leave them all out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from dashlint.catalog.model import Catalog, ColumnStatistics

#: Common values that are kept. One that is left out has at most 1/21 of the rows: less than the 5 % below
#: which a planner prefers an index to reading the table.
COMMON = 20
#: Buckets of a histogram that are kept: every second of PostgreSQL's default 100, so 2 % of the rows each.
BUCKETS = 50
#: Characters of a value that is kept. Longer ones are texts that no filter offers, and would fill the file.
LONGEST = 100


def common_of(
    pairs: Sequence[tuple[str | None, float | None]],
) -> tuple[tuple[str, float], ...] | None:
    """The most frequent values, most frequent first, with their share of all rows (0 to 1)."""
    kept = [
        (value, round(float(share), 6)) for value, share in pairs if value is not None and share is not None
    ]
    kept.sort(key=lambda pair: (-pair[1], pair[0]))
    return tuple(pair for pair in kept[:COMMON] if len(pair[0]) <= LONGEST) or None


def histogram_of(bounds: Sequence[str | None] | None) -> tuple[str, ...] | None:
    """Bounds at equal steps out of those that the database has; None if a value is too long."""
    known = [bound for bound in bounds or () if bound is not None]
    if len(known) < 2 or any(len(bound) > LONGEST for bound in known):
        return None
    steps = min(BUCKETS, len(known) - 1)
    return tuple(known[round(step * (len(known) - 1) / steps)] for step in range(steps + 1))


def bounds_of(values: Sequence[str | None], *, numbers: bool) -> tuple[str, str] | tuple[None, None]:
    """The least and the greatest of numbers, or of dates and times in ISO 8601, as text."""
    known = [value for value in values if value is not None]
    if not known:
        return None, None
    if not numbers:
        # ISO 8601 sorts as text while years have four digits; what has not (BC, infinity) tells no bound.
        known = [value for value in known if value[:4].isdigit() and value[4:5] == "-" and "BC" not in value]
        return (min(known), max(known)) if known else (None, None)
    try:
        sortable = [(number, value) for value in known if (number := Decimal(value)).is_finite()]
    except InvalidOperation:
        return None, None
    return (min(sortable)[1], max(sortable)[1]) if sortable else (None, None)


def at_share(low: str, high: str, share: float) -> str | None:
    """The value that lies at a share (0 to 1) of the way between two numbers, dates or times, as text."""
    try:
        if low[4:5] == "-" and low[:4].isdigit():
            first, last = datetime.fromisoformat(low), datetime.fromisoformat(high)
            found = first + timedelta(seconds=round((last - first).total_seconds() * share))
            return (date(found.year, found.month, found.day) if len(low) == 10 else found).isoformat(
                *(() if len(low) == 10 else (" ",))
            )
        start, end = Decimal(low), Decimal(high)
        number = start + (end - start) * Decimal(repr(share))
        places = max(-int(start.as_tuple().exponent), -int(end.as_tuple().exponent), 0)
        return str(round(number, places) if places else round(number))
    except (ValueError, InvalidOperation, OverflowError):
        return None


def without_values(catalog: Catalog) -> Catalog:
    """The catalog without anything that is taken from rows: bounds, common values, histograms."""
    return Catalog(
        (
            replace(table, columns={name: _bare(column) for name, column in table.columns.items()})
            for table in catalog.tables
        ),
        engine=catalog.engine,
        database=catalog.database,
        source=catalog.source,
        url=catalog.url,
    )


def _bare(column: ColumnStatistics) -> ColumnStatistics:
    return column._replace(minimum=None, maximum=None, common=None, histogram=None)
