"""How a column's values are spread: frequent ones and a histogram, where the catalog has them.

As PostgreSQL reads its statistics (manual, 76.1 "Row Estimation Examples"): frequent values count with their
own share, the others share evenly what is left, and equally many of them lie between two bounds.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dashlint.catalog.model import ColumnStatistics

_TRUE = frozenset({"t", "true", "1"})
_FALSE = frozenset({"f", "false", "0"})


def share_of_value(statistics: ColumnStatistics, value: Any) -> float | None:
    """The share of all rows, 0 to 1, that have one value; None where nothing tells."""
    filled = 1 - (statistics.null_fraction or 0.0)
    common = statistics.common or ()
    for text, share in common:
        if _same(text, value):
            return share
    distinct = statistics.distinct
    if distinct is None:
        return None
    if not common:
        return filled / max(1.0, distinct)
    rest = max(0.0, filled - sum(share for _, share in common))
    # What is not among the frequent values is no more frequent than the last of them.
    return min([rest / max(1.0, distinct - len(common)), *(share for _, share in common)])


def share_between(statistics: ColumnStatistics, low: Any, high: Any) -> float | None:
    """The share of all rows from ``low`` to ``high`` (None: open).

    None without a histogram (unless all values are among the frequent ones), and where a range begins behind
    all that is known.
    """
    ends = (statistics.minimum, statistics.maximum)
    # What is not among the frequent values is spread evenly where there is no histogram of it.
    spread = ends if statistics.common and None not in ends else ()
    bounds = [number(text) for text in statistics.histogram or spread]
    common = [(number(text), share) for text, share in statistics.common or ()]
    lower, upper = _end(low), _end(high)
    known = [bound for bound in bounds if bound is not None]
    whole = bool(common) and not bounds and len(common) >= (statistics.distinct or math.inf)
    if len(known) != len(bounds) or (len(known) < 2 and not whole) or any(v is None for v, _ in common):
        return None
    if (low is not None and lower is None) or (high is not None and upper is None):
        return None
    if lower is not None and lower > max((*known[-1:], *(value for value, _ in common if value is not None))):
        return None  # behind all that is known: the statistics are older than the data
    inside = sum(
        share
        for value, share in common
        if value is not None and (lower is None or value >= lower) and (upper is None or value <= upper)
    )
    if whole:
        return min(1.0, inside)
    rest = max(0.0, 1 - (statistics.null_fraction or 0.0) - sum(share for _, share in common))
    until = 1.0 if upper is None else _position(known, upper)
    since = 0.0 if lower is None else _position(known, lower)
    return min(1.0, inside + rest * max(0.0, until - since))


def share_of_prefix(statistics: ColumnStatistics, prefix: str) -> float | None:
    """The share of all rows whose text begins so; None without a histogram."""
    if not statistics.histogram:
        return None
    common = statistics.common or ()
    rest = max(0.0, 1 - (statistics.null_fraction or 0.0) - sum(share for _, share in common))
    inside = sum(bound.startswith(prefix) for bound in statistics.histogram) / len(statistics.histogram)
    return sum(share for text, share in common if text.startswith(prefix)) + rest * inside


def _position(bounds: Sequence[float], value: float) -> float:
    """Which share of a histogram lies below a value."""
    place = bisect_right(bounds, value)
    if place == 0:
        return 0.0
    if place == len(bounds):
        return 1.0
    low, high = bounds[place - 1], bounds[place]
    return (place - 1 + (value - low) / (high - low)) / (len(bounds) - 1)


def _end(value: Any) -> float | None:
    return None if value is None else number(value)


def _same(text: str, value: Any) -> bool:
    if isinstance(value, bool):
        return text.lower() in (_TRUE if value else _FALSE)
    if str(value) == text:
        return True
    if isinstance(value, (int, float)):
        try:
            return float(text) == value
        except ValueError:
            return False
    return False


def number(value: Any) -> float | None:
    """A number or a moment (text in ISO 8601, too) as a position on a line; None for anything else."""
    if isinstance(value, datetime):
        return (value.replace(tzinfo=None) - datetime(1970, 1, 1)).total_seconds()  # noqa: DTZ001 positions only
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return None  # a whole number of 400 digits
    if not isinstance(value, str):
        return None
    try:
        return float(value)
    except ValueError:
        pass
    try:
        return number(datetime.fromisoformat(value.strip()[:19]))
    except ValueError:
        return None
