"""Superset's time ranges (``Last week``, ``2024-01-01 : now``, ``DATEADD(…) : …``) → two moments.

Source: ``superset/utils/date_parser.py:get_since_until`` and the functions below it, which hand
words to dateutil and parsedatetime. What the time picker writes is read here; words that only
those libraries know leave a bound unknown.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache

from dashlint.records import NamedTuple

NO_FILTER = "No filter"
_SEPARATOR = " : "
_UNITS = r"(second|minute|hour|day|week|month|quarter|year)s?"
#: "previous calendar week" is the unit before this one, "Current week" this one.
_CALENDAR = r"(previous calendar|Current) (day|week|month|quarter|year)"
_SCOPED = r"(?i)(this|last|next|prior)\s{1,5}(\d+)?\s{0,5}" + _UNITS
_EDGE = r"(?i)(start of|beginning of|end of)\s{1,5}(this|last|next|prior)\s{1,5}(\d+)?\s{0,5}" + _UNITS
_FIRST = r"(?i)(?:first|1st)\s+(?:day\s+)?of\s+(?:(this|last|next|prior)\s+)?(?:the\s+)?" + _UNITS
_AGO = r"(?i)(\d+)\s+" + _UNITS + r"\s+(ago|later|from now)"
_ISO = r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?)?)?)?"
_FUNCTION = r"(?i)(DATETIME|DATEADD|DATETRUNC|LASTDAY)\s*\((.*)\)"


class Bounds(NamedTuple):
    """Both ends of a time range, ``until`` excluded; None where there is none.

    ``unknown_since`` and ``unknown_until`` are the words of an end that was not understood.
    """

    since: datetime | None
    until: datetime | None
    unknown_since: str | None = None
    unknown_until: str | None = None

    @property
    def enclosed(self) -> bool:
        """Whether the range has both ends, known or not."""
        return bool(self.since or self.unknown_since) and bool(self.until or self.unknown_until)


class _NotUnderstoodError(ValueError):
    """Words that only Superset's libraries know."""


@lru_cache(maxsize=1024)  # charts ask for the same few ranges
def resolve(
    time_range: str | None, now: datetime, relative_start: str = "today", relative_end: str = "today"
) -> Bounds:
    """The moments that a time range means at ``now`` (a server's clock, without zone).

    ``relative_start`` and ``relative_end`` are DEFAULT_RELATIVE_START_TIME and …END_TIME.
    None and ``No filter`` have no ends.
    """
    if time_range is None or not time_range.strip() or time_range == NO_FILTER:
        return Bounds(None, None)
    text = _with_both_ends(time_range, relative_start, relative_end)
    since_text, separator, until_text = text.partition(_SEPARATOR)
    if not separator:
        # One moment alone: everything up to today (get_since_until, its last branch).
        since_text, until_text = "", relative_end
    base = now if relative_start == "now" else now.replace(hour=0, minute=0, second=0, microsecond=0)
    since, unknown_since = _end(since_text.strip(), now, base)
    until, unknown_until = _end(until_text.strip(), now, base)
    return Bounds(since, until, unknown_since, unknown_until)


def _end(text: str, now: datetime, base: datetime) -> tuple[datetime | None, str | None]:
    """An end, or its words where they are not understood."""
    try:
        return (moment(text, now, base) if text else None), None
    except (ValueError, OverflowError):
        return None, text


def _with_both_ends(text: str, start: str, end: str) -> str:
    if _SEPARATOR in text:
        return text
    if text.startswith("Last"):
        return f"{text}{_SEPARATOR}{end}"
    if text.startswith("Next"):
        return f"{start}{_SEPARATOR}{text}"
    match = re.match(_CALENDAR, text)
    if match is not None:
        unit = match.group(2)
        first, then = (-1, 0) if match.group(1) != "Current" else (0, 1)
        day = "DATETIME('today')"
        since, until = (f"DATETRUNC(DATEADD({day}, {count}, {unit}), {unit})" for count in (first, then))
        return f"{since}{_SEPARATOR}{until}"
    return text


def moment(text: str, now: datetime, base: datetime) -> datetime:
    """One end of a range; ``base`` is what "last 2 weeks" counts from.

    Raises:
        ValueError: it is written in words that are not known here.
    """
    match = re.fullmatch(_EDGE, text)
    if match is not None:
        edge, scope, count, unit = match.groups()
        found = _scoped(scope, count, unit, base)
        return last_day(found, unit) if edge.lower() == "end of" else truncated(found, unit)
    match = re.fullmatch(_FIRST, text)
    if match is not None:
        scope, unit = match.groups()
        return truncated(_scoped(scope or "this", None, unit, base), unit)
    match = re.fullmatch(_SCOPED, text)
    if match is not None:
        scope, count, unit = match.groups()
        if unit.lower() == "hour":
            raise _NotUnderstoodError(text)  # the server's pattern lacks hours: dateutil decides
        return _scoped(scope, count, unit, base)
    match = re.fullmatch(_FUNCTION, text)
    if match is not None:
        return _function(match.group(1).upper(), _arguments(match.group(2)), now, base)
    return _words(text, now)


def _scoped(scope: str, count: str | None, unit: str, base: datetime) -> datetime:
    if scope.lower() == "this":
        return base
    amount = int(count or 1)
    return shifted(base, amount if scope.lower() == "next" else -amount, unit)


def _words(text: str, now: datetime) -> datetime:
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    known = {
        "now": now.replace(microsecond=0),
        "today": today,
        "yesterday": today - timedelta(days=1),
        "tomorrow": today + timedelta(days=1),
    }
    found = known.get(text.lower())
    if found is not None:
        return found
    match = re.fullmatch(_AGO, text)
    if match is not None:
        count, unit, direction = match.groups()
        amount = -int(count) if direction.lower() == "ago" else int(count)
        small = unit.lower() in ("second", "minute", "hour")
        return shifted(now.replace(microsecond=0) if small else today, amount, unit)
    match = re.fullmatch(_ISO, text)
    if match is None:
        raise _NotUnderstoodError(text)
    year, month, day, hour, minute, second, fraction = match.groups()
    return datetime(  # noqa: DTZ001  Superset's moments have no zone
        int(year),
        int(month or 1),
        int(day or 1),
        int(hour or 0),
        int(minute or 0),
        int(second or 0),
        int((fraction or "0").ljust(6, "0")),
    )


def _arguments(text: str) -> list[str]:
    """The arguments of a function call: split at commas outside of brackets."""
    found, depth, start = [], 0, 0
    for index, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            found.append(text[start:index].strip())
            start = index + 1
    return [*found, text[start:].strip()]


def _function(name: str, arguments: list[str], now: datetime, base: datetime) -> datetime:
    if name == "DATETIME":
        return _words(arguments[0].strip("'\""), now)
    inner = moment(arguments[0], now, base)
    if name == "DATEADD" and len(arguments) == 3:
        return shifted(inner, int(arguments[1]), arguments[2])
    if name == "DATETRUNC" and len(arguments) == 2:
        return truncated(inner, arguments[1])
    if name == "LASTDAY" and len(arguments) == 2:
        return last_day(inner, arguments[1])
    raise _NotUnderstoodError(name)


def shifted(base: datetime, count: int, unit: str) -> datetime:
    """A moment so many units later; a day that a month lacks becomes the month's last.

    Raises:
        ValueError: no such unit, or no such year.
    """
    name = unit.lower().rstrip("s")
    if name in ("second", "minute", "hour", "day", "week"):
        return base + timedelta(**{f"{name}s": count})
    months = {"month": 1, "quarter": 3, "year": 12}.get(name)
    if months is None:
        raise _NotUnderstoodError(unit)
    total = base.year * 12 + base.month - 1 + count * months
    year, month = total // 12, total % 12 + 1
    if not 1 <= year <= 9999:
        raise _NotUnderstoodError(f"year {year}")
    import calendar  # brings locale along: 2 ms that most runs do not need

    return base.replace(year=year, month=month, day=min(base.day, calendar.monthrange(year, month)[1]))


def truncated(base: datetime, unit: str) -> datetime:
    """The beginning of the unit; weeks begin on Monday (``EvalDateTruncFunc``)."""
    name = unit.lower().rstrip("s")
    day = base.replace(hour=0, minute=0, second=0, microsecond=0)
    if name == "year":
        return day.replace(month=1, day=1)
    if name == "quarter":
        return day.replace(month=(base.month - 1) // 3 * 3 + 1, day=1)
    if name == "month":
        return day.replace(day=1)
    if name == "week":
        return day - timedelta(days=day.weekday())
    if name == "day":
        return day
    if name == "hour":
        return base.replace(minute=0, second=0, microsecond=0)
    if name == "minute":
        return base.replace(second=0, microsecond=0)
    if name == "second":
        return base.replace(microsecond=0)
    raise _NotUnderstoodError(unit)


def last_day(base: datetime, unit: str) -> datetime:
    """Midnight of the unit's last day; the server refuses other units (``EvalLastDayFunc``)."""
    name = unit.lower().rstrip("s")
    if name == "week":
        return truncated(base, "week") + timedelta(days=6)
    if name not in ("year", "month"):
        raise _NotUnderstoodError(unit)
    return shifted(truncated(base, name), 1, name) - timedelta(days=1)


def offset(text: str, base: datetime) -> datetime | None:
    """A moment seen from a time comparison's offset (``1 year ago``); None if not understood.

    Source: ``utils/date_parser.py:get_past_or_future`` (parsedatetime).
    """
    match = re.fullmatch(r"(?i)(\d+)\s+" + _UNITS + r"\s*(ago|later|before|after)?", text.strip())
    if match is None:
        return None
    count, unit, direction = match.groups()
    if unit.lower() == "quarter":
        return None  # parsedatetime knows no quarters
    back = (direction or "").lower() in ("ago", "before")
    try:
        return shifted(base, -int(count) if back else int(count), unit)
    except (ValueError, OverflowError):
        return None
