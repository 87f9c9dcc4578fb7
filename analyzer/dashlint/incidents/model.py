"""What logs say, as plain values. Times are aware, in UTC; durations are seconds."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class Observed(NamedTuple):
    """A statement that a database ran, once or ``calls`` times.

    ``seconds`` is the time of all calls together, ``rows`` what they returned together (None: not told).
    ``at`` is when it ended. ``parameters`` are the values of ``$1``, ``$2``, …, where the log has them.
    ``each`` tells that ``seconds`` is one call's own duration, so that percentiles can be had of it.
    """

    sql: str
    seconds: float
    calls: int = 1
    rows: int | None = None
    at: datetime | None = None
    database: str | None = None
    user: str | None = None
    longest: float | None = None
    each: bool = True
    parameters: tuple[str | None, ...] = ()
    dialect: str = "postgres"


class Incident(NamedTuple):
    """Something that ran out of memory, or was killed.

    ``kind``: ``oom-kill`` (somebody says that memory was the reason), ``sigkill`` (killed, the reason is not
    told), ``timeout`` (killed by its own master for being slow), ``memory-error`` (Python or the database
    could not get memory, and went on). ``about`` marks a time that is only near: the age in a list.
    ``process`` is a number, a pod or a container, ``bytes`` what it held.
    """

    kind: str
    what: str
    file: str
    line: int
    at: datetime | None = None
    about: bool = False
    process: str | None = None
    bytes: int | None = None


class View(NamedTuple):
    """A row of Superset's own log about a dashboard or chart. ``seconds`` is how long the request took."""

    at: datetime
    action: str
    dashboard: int | None = None
    chart: int | None = None
    user: int | None = None
    seconds: float | None = None
    slug: str | None = None


class FileRead(NamedTuple):
    """What a file turned out to be: its kind, how many lines or rows, and how many of them said something."""

    file: str
    kind: str
    lines: int
    used: int
    unreadable: int
    first_unreadable: int | None = None
