"""A value that somebody might pick in a filter, by the statistics of its column."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dashlint.cost.distribution import number

if TYPE_CHECKING:
    from dashlint.catalog.model import ColumnStatistics

#: Into how many equal parts PostgreSQL's statistics cut a column (default_statistics_target).
_PARTS = 100


def typical_value(statistics: ColumnStatistics) -> str | None:
    """The known value that is as frequent as the average one, as text; None where none is known.

    Neither the most frequent value, which an index seldom helps, nor a rare one, which it always does.
    """
    common = statistics.common or ()
    filled = 1 - (statistics.null_fraction or 0.0)
    shares = list(common)
    if statistics.histogram:
        # The values outside of the list share what it leaves.
        rest = max(0.0, filled - sum(share for _, share in common))
        others = max(1.0, (statistics.distinct or len(statistics.histogram)) - len(common))
        shares.append((statistics.histogram[len(statistics.histogram) // 2], rest / others))
    shares = [(value, share) for value, share in shares if share > 0]
    if not shares:
        return statistics.minimum
    average = filled / max(1.0, statistics.distinct or len(shares))
    return min(shares, key=lambda pair: abs(math.log(pair[1] / average)) if average else 0.0)[0]


def typical_range(statistics: ColumnStatistics) -> tuple[float, float] | None:
    """A range of numbers that holds about a hundredth of the rows; None where no bounds are known.

    In the middle of the values, between two neighbours of the histogram where there is one.
    """
    bounds = [number(bound) for bound in statistics.histogram or ()]
    if len(bounds) > 2:
        low, high = bounds[len(bounds) // 2 - 1], bounds[len(bounds) // 2]
    else:
        first, last = number(statistics.minimum), number(statistics.maximum)
        low = (first + last) / 2 if first is not None and last is not None else None
        high = low + (last - first) / _PARTS if None not in (first, last, low) else None  # type: ignore[operator]
    if low is None or high is None:
        return None
    if all(float(end).is_integer() for end in map(_ends, (statistics.minimum, statistics.maximum))):
        # A slider over whole numbers sends whole numbers.
        return float(math.floor(low)), float(math.ceil(high))
    return low, high


def _ends(text: str | None) -> float:
    found = number(text)
    return found if found is not None else 0.5
