"""How many different values, and combinations of them, a query's group keys have."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from dashlint.cost.periods import buckets, range_seconds, touched
from dashlint.cost.selectivity import Condition, share_of_column, values_of
from dashlint.records import NamedTuple
from dashlint.superset.time_range import resolve

if TYPE_CHECKING:
    from dashlint.catalog.model import ColumnStatistics


#: A database counts different values in a sample. PostgreSQL's has 30,000 rows (300 for each step of
#: default_statistics_target, src/backend/commands/analyze.c): of up to a thousand values that are about as
#: frequent as each other, it sees every one.
_SEEN = 1_000
#: Of more values, some are missed: on the example's warehouse, 18,912 of 59,936 were estimated, the worst
#: of 165 columns (docs/cost.md). So many times as many there may be.
_UNSEEN = 4


class Key(NamedTuple):
    """A group key: what is known of its column, the conditions on it, and the grain that truncates it.

    ``span`` are the seconds between its first and last moment, where statistics do not tell them.
    """

    statistics: ColumnStatistics | None
    conditions: Sequence[Condition] = ()
    grain: str | None = None
    nullable: bool = True
    span: int | None = None


class Count(NamedTuple):
    """How many: ``expected`` and ``upper``, None where it is not known."""

    expected: float | None
    upper: float | None


_UNCOUNTED = Count(None, None)


def distinct_values(key: Key, now: datetime) -> Count:
    """Values of one key that pass its own conditions, whatever the others leave of the rows."""
    if key.statistics is None and key.grain is None and not key.conditions:
        return _UNCOUNTED
    statistics, conditions = key.statistics, [c for c in key.conditions if c.restricts]
    listed = [(float(n), c.picked) for c in conditions if (n := values_of(c)) is not None]
    bounds = [count for count, picked in listed if not picked]
    guesses = [count for count, _picked in listed]
    # A NULL is one more group.
    nulls = 1 if not conditions and statistics is not None and statistics.null_fraction else 0
    if statistics is not None and statistics.distinct is not None:
        bounds.append(_at_most(statistics.distinct) + (1 if key.nullable else 0))
        guesses.append(_left(statistics, statistics.distinct, conditions, now) + nulls)
    if key.grain is not None:
        spans = _buckets(key, key.grain, now)
        if spans.upper is not None:
            bounds.append(spans.upper + (1 if key.nullable and not conditions else 0))
        if spans.expected is not None:
            guesses.append(spans.expected + nulls)
        else:
            # How many moments there are says little of the number of days.
            guesses.clear()
    upper = max(1.0, min(bounds)) if bounds else None
    expected = max(1.0, min(guesses)) if guesses else None
    return Count(expected if upper is None or expected is None else min(expected, upper), upper)


def _at_most(distinct: float) -> float:
    return distinct if distinct <= _SEEN else distinct * _UNSEEN


def _left(
    statistics: ColumnStatistics, distinct: float, conditions: Sequence[Condition], now: datetime
) -> float:
    """How many values of a column pass the conditions on it; all, where they are not understood."""
    own = share_of_column(statistics, conditions, now) if conditions else None
    filled = 1 - (statistics.null_fraction or 0.0)
    return max(1.0, distinct * min(1.0, own / filled)) if own is not None and filled else distinct


def _buckets(key: Key, grain: str, now: datetime) -> Count:
    """Buckets of a time grain between the ends of the range asked for, and of the data."""
    first, last = held(key.statistics)
    spans = [int((last - first).total_seconds())] if first is not None and last is not None else []
    spans += [key.span] if key.span is not None else []
    understood = True
    for condition in key.conditions:
        if condition.op != "TEMPORAL_RANGE" or not condition.restricts:
            continue
        bounds = resolve(str(condition.value), now)
        asked = range_seconds(str(condition.value))
        if asked is None and bounds.since is not None and bounds.until is not None:
            asked = max(0, int((bounds.until - bounds.since).total_seconds()))
        if asked is not None:
            spans.append(asked)
        understood = understood and not (bounds.unknown_since or bounds.unknown_until)
        if bounds.since is not None:
            first = bounds.since if first is None else max(first, bounds.since)
        if bounds.until is not None:
            end = bounds.until - timedelta(seconds=1)
            last = end if last is None else min(last, end)
    most = [n for n in (buckets(span, grain) for span in spans) if n is not None]
    expected = None
    if understood and first is not None and last is not None:
        expected = touched(first, max(first, last), grain)
    return Count(expected, min(most) if most else None)


def held(statistics: ColumnStatistics | None) -> tuple[datetime | None, datetime | None]:
    """The first and the last moment of a column, as far as they are known."""
    if statistics is None:
        return None, None
    return moment_of(statistics.minimum), moment_of(statistics.maximum)


def moment_of(text: object) -> datetime | None:
    """A moment as databases write it, without its zone; None for anything else."""
    if not isinstance(text, str) or "-" not in text:
        return None
    try:
        return datetime.fromisoformat(text.strip()[:19])
    except ValueError:
        return None


def left_of(distinct: float, rows: float, taken: float) -> float:
    """Of ``distinct`` values in ``rows`` rows, how many are still there among ``taken`` of them.

    Each value has ``rows / distinct`` rows, and is gone when none of them is taken: the formula of
    PostgreSQL's ``estimate_num_groups`` (src/backend/utils/adt/selfuncs.c), after S. B. Yao, "Approximating
    block accesses in database organizations", CACM 20 (1977).
    """
    if rows <= 0 or taken >= rows or distinct <= 0:
        return distinct
    return distinct * (1 - math.pow((rows - taken) / rows, max(1.0, rows / distinct)))


def combinations(counts: Sequence[float], rows: float) -> float:
    """Different combinations of independent keys among so many rows: balls thrown into bins.

    With ``d`` combinations, ``d * (1 - (1 - 1/d) ** rows)`` occur (A. F. Cardenas, "Analysis and
    performance of inverted data base structures", CACM 18 (1975)). Keys that depend on each other have
    fewer.
    """
    possible = math.prod(counts)
    if possible <= 1 or len(counts) < 2:
        return min(possible, rows)
    return max(*counts, possible * -math.expm1(rows * math.log1p(-1 / possible)))
