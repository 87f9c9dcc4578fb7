"""Which share of a table's rows a condition leaves, from the statistics of its column.

As query planners do it: frequent values and histograms count where the catalog has them; else every value is
as frequent as the others, and values spread evenly between the bounds. Conditions on different columns are
independent of each other (PostgreSQL documentation, "Row Estimation Examples"). What that gets wrong is in
docs/cost.md, measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dashlint.cost.distribution import number, share_between, share_of_prefix, share_of_value
from dashlint.records import NamedTuple
from dashlint.superset.masks import FIRST_OPTION, PLACEHOLDER
from dashlint.superset.time_range import resolve

if TYPE_CHECKING:
    from dashlint.catalog.model import ColumnStatistics


#: What a select filter offers for NULL (superset-frontend/packages/superset-ui-core, ``NULL_STRING``).
NULL_OPTION = "<NULL>"


class Condition(NamedTuple):
    """A condition on a dataset's column (None: nobody knows which), in the words of Superset's filters."""

    column: str | None
    op: str
    value: Any = None

    @property
    def picked(self) -> bool:
        """Whether its value stands for what somebody will pick: one, or more where a filter allows it."""
        return PLACEHOLDER in (self.value if isinstance(self.value, (list, tuple)) else [self.value])

    @property
    def restricts(self) -> bool:
        """Whether it takes rows away at all: a range that is not set does not."""
        return self.op != "TEMPORAL_RANGE" or str(self.value or "").strip() not in ("", "No filter")


def values_of(condition: Condition) -> int | None:
    """How many values of its column a condition leaves at most; None where it does not list them."""
    if condition.op == "==":
        return 1
    if (
        condition.op == "IN"
        and isinstance(condition.value, Sequence)
        and not isinstance(condition.value, str)
    ):
        return len(set(map(repr, condition.value)))
    return None


def share_of_column(
    statistics: ColumnStatistics | None, conditions: Iterable[Condition], now: datetime
) -> float | None:
    """The share of rows, 0 to 1, that pass all conditions on one column; None where one is not understood."""
    known = 1.0
    below = above = None
    for condition in conditions:
        if not condition.restricts:
            continue
        if statistics is None:
            return None
        if condition.op in ("<", "<="):
            below = _range(statistics, None, condition.value)
            if below is None:
                return None
        elif condition.op in (">", ">="):
            above = _range(statistics, condition.value, None)
            if above is None:
                return None
        else:
            share = _share(statistics, condition, now)
            if share is None:
                return None
            known *= share
    filled = 1 - (statistics.null_fraction or 0.0) if statistics is not None else 1.0
    if below is not None and above is not None:
        # Both ends of one interval: what lies below the one and above the other.
        return known * max(0.0, below + above - filled)
    return known * (below if below is not None else 1.0) * (above if above is not None else 1.0)


def share(
    conditions: Iterable[Condition], statistics: Mapping[str, ColumnStatistics | None], now: datetime
) -> float | None:
    """The share of rows that pass all conditions; columns count as independent of each other."""
    by_column: dict[str | None, list[Condition]] = {}
    for condition in conditions:
        by_column.setdefault(condition.column, []).append(condition)
    product = 1.0
    for column, own in by_column.items():
        found = share_of_column(statistics.get(column) if column is not None else None, own, now)
        if found is None:
            return None
        product *= found
    return product


def _share(statistics: ColumnStatistics, condition: Condition, now: datetime) -> float | None:
    nulls = statistics.null_fraction
    op = condition.op
    if op == "IS NULL":
        return nulls
    if op == "IS NOT NULL":
        return None if nulls is None else 1 - nulls
    if op == "TEMPORAL_RANGE":
        return _time(statistics, str(condition.value), now)
    filled = 1 - (nulls or 0.0)
    if op in ("IS TRUE", "IS FALSE"):
        return share_of_value(statistics, op == "IS TRUE")
    if op == "LIKE":
        start = str(condition.value).removesuffix("%")
        plain = start and not set(start) & set("%_\\") and start != condition.value
        return share_of_prefix(statistics, start) if plain else None
    if op in ("==", "IN"):
        return _listed(statistics, condition)
    if op in ("!=", "NOT IN"):
        found = _listed(statistics, condition._replace(op="==" if op == "!=" else "IN"))
        return None if found is None else max(0.0, filled - found)
    return None


def _listed(statistics: ColumnStatistics, condition: Condition) -> float | None:
    """The rows that have one of some values. One that somebody will pick is as frequent as the average."""
    if values_of(condition) is None:
        return None
    listed = list(condition.value) if condition.op == "IN" else [condition.value]
    filled = 1 - (statistics.null_fraction or 0.0)
    total = 0.0
    for value in {repr(v): v for v in listed}.values():
        if value == PLACEHOLDER or str(value).startswith(FIRST_OPTION):
            distinct = statistics.distinct
            share = filled / max(1.0, distinct) if distinct is not None else None
        elif value is None or value == NULL_OPTION:
            share = statistics.null_fraction
        else:
            share = share_of_value(statistics, value)
        if share is None:
            return None
        total += share
    return min(1.0, total)


def _time(statistics: ColumnStatistics, text: str, now: datetime) -> float | None:
    bounds = resolve(text, now)
    sample = statistics.minimum or (statistics.histogram or ("",))[0]
    if bounds.unknown_since or bounds.unknown_until or sample.strip("-.").isdecimal():
        # Words that nobody understood, or moments kept as numbers, of which there are several kinds.
        return None
    return _range(statistics, bounds.since, bounds.until)


def _range(statistics: ColumnStatistics, low: Any, high: Any) -> float | None:
    """The share of the values between two bounds (None: open), spread evenly over all.

    A range that begins behind the last known value says that the statistics are older than the data: unknown.
    """
    known = share_between(statistics, low, high)
    if known is not None:
        return known
    first, last = number(statistics.minimum), number(statistics.maximum)
    if first is None or last is None:
        return None
    lower = first if low is None else number(low)
    upper = last if high is None else number(high)
    if lower is None or upper is None or (low is not None and lower > last):
        return None
    filled = 1 - (statistics.null_fraction or 0.0)
    if last <= first:
        return filled if lower <= first <= upper else 0.0
    # Whole days are few values: the last of them lasts until the next one begins.
    step = (last - first) / max(1.0, (statistics.distinct or 2.0) - 1)
    width = last + step - first if step <= (last - first) / 2 else last - first
    covered = min(upper, first + width) - max(lower, first)
    return filled * min(1.0, max(0.0, covered / width))
