"""Times in lines of logs. None where a line has none that can be told."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from typing import NamedTuple

_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_ISO = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[T ](?P<time>\d\d:\d\d:\d\d)(?:[.,](?P<part>\d{1,9}))?"
    r"(?:\s?(?P<zone>Z\b|[+-]\d\d:?\d\d\b|[+-]\d\d\b|[A-Z]{3,5}\b))?"
)
_RFC = re.compile(rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d? (?:{_MONTHS}) \d{{4}} \d\d:\d\d:\d\d [+-]\d{{4}}")
#: As ``dmesg -T`` and asctime write it.
_CTIME = re.compile(rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?P<rest>(?:{_MONTHS}) +\d\d? \d\d:\d\d:\d\d \d{{4}})")
#: syslog's and journalctl's short form has no year (RFC 3164, 4.1.2).
_SYSLOG = re.compile(rf"^(?P<rest>(?:{_MONTHS}) [ \d]\d \d\d:\d\d:\d\d)\b")
_EPOCH = re.compile(r"^\W{0,2}(?P<seconds>1\d{9}\.\d{3})\b")
#: Ages in lists of kubectl (apimachinery/pkg/util/duration: HumanDuration).
_AGE = re.compile(r"^(?:(?P<d>\d+)d)?(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?(?:(?P<s>\d+)s)?$")


class Clock(NamedTuple):
    """How times without a zone or a year are read.

    ``zone`` is theirs; ``written`` is when the file was last written, which no line in it is after.
    """

    zone: tzinfo
    written: datetime


def moment(text: str, clock: Clock) -> datetime | None:
    """The first time in a line, in UTC."""
    try:
        return _moment(text, clock)
    except (ValueError, OverflowError):
        return None  # no day that there is, such as the 31st of June


def _moment(text: str, clock: Clock) -> datetime | None:
    found = _ISO.search(text)
    if found is not None:
        return _iso(found, clock)
    found = _RFC.search(text)
    if found is not None:
        return parsedate_to_datetime(found.group()).astimezone(timezone.utc)
    found = _CTIME.search(text)
    if found is not None:
        return _in(datetime.strptime(found["rest"], "%b %d %H:%M:%S %Y"), clock.zone)  # noqa: DTZ007
    found = _SYSLOG.search(text)
    if found is not None:
        return _without_year(found["rest"], clock)
    found = _EPOCH.search(text)
    return datetime.fromtimestamp(float(found["seconds"]), timezone.utc) if found is not None else None


def _iso(found: re.Match[str], clock: Clock) -> datetime:
    naive = datetime.strptime(f"{found['day']} {found['time']}", "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007
    naive += timedelta(microseconds=int((found["part"] or "0")[:6].ljust(6, "0")))
    zone = found["zone"]
    if zone is None or (zone.isalpha() and zone not in ("Z", "UTC", "GMT")):
        # PostgreSQL writes abbreviations, which do not tell a zone (CST is three of them).
        return _in(naive, clock.zone)
    if zone[0] not in "+-":
        return naive.replace(tzinfo=timezone.utc)
    digits = zone[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return _in(naive, timezone(-offset if zone[0] == "-" else offset))


def _in(naive: datetime, zone: tzinfo) -> datetime:
    return naive.replace(tzinfo=zone).astimezone(timezone.utc)


def _without_year(text: str, clock: Clock) -> datetime:
    year = clock.written.year
    found = _in(datetime.strptime(f"{year} {text}", "%Y %b %d %H:%M:%S"), clock.zone)  # noqa: DTZ007
    late = found > clock.written + timedelta(days=1)
    return found.replace(year=year - 1) if late else found


def age(text: str) -> timedelta | None:
    """An age as kubectl writes it (``2m13s``)."""
    found = _AGE.match(text)
    if found is None or not text:
        return None
    d, h, m, s = (int(found[part] or 0) for part in "dhms")
    try:
        return timedelta(days=d, hours=h, minutes=m, seconds=s)
    except OverflowError:
        return None
