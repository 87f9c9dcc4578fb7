"""How long Superset's time ranges and time grains are."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache

_DAY = 86_400
#: Seconds of a unit at its longest and at its shortest (leap years, long and short months).
_LONGEST = {
    "second": 1,
    "minute": 60,
    "hour": 3_600,
    "day": _DAY,
    "week": 7 * _DAY,
    "month": 31 * _DAY,
    "quarter": 92 * _DAY,
    "year": 366 * _DAY,
}
_SHORTEST = {**_LONGEST, "month": 28 * _DAY, "quarter": 90 * _DAY, "year": 365 * _DAY}

#: "Last", "Last 30", "Next 2", "previous calendar", "Current" followed by a unit: the ranges
#: that the time picker writes (superset/utils/date_parser.py:get_since_until).
#: Not compiled before there is a time series to estimate: `re` keeps what it has compiled.
_RELATIVE = (
    r"(?i)(?:last|next|previous calendar|current|this)\s+(?:(\d{1,6})\s+)?"
    r"(second|minute|hour|day|week|month|quarter|year)s?"
)
_GRAIN = r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?"
_GRAIN_UNITS = ("year", "month", "week", "day", "hour", "minute", "second")


@lru_cache(maxsize=1024)  # charts ask for the same few ranges and grains
def range_seconds(time_range: str | None) -> int | None:
    """The length of a time range in seconds at most; None where it has no end or is not understood.

    Understands what the time picker writes: relative ranges (``Last month``, ``Last 30 days``,
    ``previous calendar year``) and two dates with `` : `` between them. Expressions such as
    ``DATEADD(…)`` are not understood.
    """
    if not time_range:
        return None
    match = re.fullmatch(_RELATIVE, time_range.strip())
    if match is not None:
        # "Last quarter" and the like end today at midnight: the span is that of the unit.
        return int(match.group(1) or 1) * _LONGEST[match.group(2).lower()]
    since, colon, until = time_range.partition(" : ")
    if not colon:
        return None
    try:
        length = datetime.fromisoformat(until.strip()) - datetime.fromisoformat(since.strip())
    except (ValueError, TypeError):
        return None
    return max(0, int(length.total_seconds()))


@lru_cache(maxsize=1024)
def grain_seconds(grain: str) -> int | None:
    """The length of a time grain (ISO 8601 duration) in seconds at least; None if not understood.

    Week variants such as ``1969-12-28T00:00:00Z/P1W`` are weeks.
    """
    duration = next((part for part in grain.split("/") if part.startswith("P")), grain)
    match = re.fullmatch(_GRAIN, duration)
    if match is None:
        return {"PT0.5H": 1_800, "P0.25Y": _SHORTEST["quarter"]}.get(duration)
    amounts = zip(match.groups(), _GRAIN_UNITS, strict=True)
    return sum(int(count) * _SHORTEST[unit] for count, unit in amounts if count) or None


def touched(first: datetime, last: datetime, grain: str) -> int | None:
    """How many buckets of a grain the moments from ``first`` to ``last``, both included, fall into.

    Weeks begin on Monday, other grains of a day or less at midnight; None for a grain that is not understood.
    """
    duration = next((part for part in grain.split("/") if part.startswith("P")), grain)
    months = {"P1M": 1, "P3M": 3, "P0.25Y": 3, "P1Y": 12}.get(duration)
    if months is not None:
        return (last.year * 12 + last.month - 1) // months - (first.year * 12 + first.month - 1) // months + 1
    length = grain_seconds(grain)
    if length is None:
        return None
    monday = datetime(1, 1, 1)  # noqa: DTZ001 Superset's moments have no zone
    begin, end = ((moment - monday).total_seconds() // length for moment in (first, last))
    return max(1, int(end - begin) + 1)


def buckets(seconds: int | None, grain: str | None) -> int | None:
    """How many buckets of a grain a span touches at most: it may begin and end inside one."""
    length = grain_seconds(grain) if grain else None
    if seconds is None or length is None:
        return None
    return seconds // length + 2
