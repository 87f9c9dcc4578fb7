"""The slow log of MySQL and MariaDB.

Source: sql/log.cc (Query_logger / MYSQL_QUERY_LOG::write): comment lines with the time, the account and the
figures, then ``use``, ``SET timestamp`` and the statement up to its semicolon. ``# Time`` is when it ended.
``SET timestamp`` is that too before MySQL 8.0.14 and in MariaDB, whose ``# Time`` is left out within a second
and has no century; since 8.0.14 it is when the statement began (MySQL's manual: The Slow Query Log).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone

from dashlint.incidents.lines import Unreadable
from dashlint.incidents.model import Observed
from dashlint.incidents.moments import Clock, moment

_ACCOUNT = re.compile(r"# User@Host: (?P<user>[^\[\s]*)")
_FIGURE = re.compile(r"\b(?P<name>Query_time|Rows_sent|Schema): (?P<value>\S+)")
_STAMP = re.compile(r"SET timestamp=(?P<seconds>\d+)", re.IGNORECASE)
_USE = re.compile(r"use `?(?P<name>[^`;]+)`?;?$", re.IGNORECASE)
_MOST_LINES = 20_000


class _Held:
    def __init__(self, at: datetime | None = None) -> None:
        self.at = at
        self.timed = False
        self.user: str | None = None
        self.database: str | None = None
        self.seconds: float | None = None
        self.rows: int | None = None
        self.sql: list[str] = []


def statements(lines: Iterable[str], clock: Clock, bad: Unreadable) -> Iterator[Observed]:
    """The statements of a slow log; numbers of lines that say nothing go to ``bad``."""
    held = _Held()
    for number, line in enumerate(lines, 1):
        if line.startswith("# "):
            if held.sql and line.startswith(("# Time:", "# User@Host:")):
                yield from _observed(held)
                held = _Held(held.at)
            if line.startswith("# Time:"):
                ended = moment(line, clock)
                held.at, held.timed = ended or held.at, ended is not None
            account = _ACCOUNT.match(line)
            if account is not None:
                held.user = account["user"] or None
            _figures(line, held)
        elif (stamp := _STAMP.match(line)) is not None and not held.sql:
            if not held.timed:
                _stamped(held, int(stamp["seconds"]), number, bad)
        elif (used := _USE.match(line)) is not None and not held.sql:
            held.database = used["name"]
        elif held.seconds is None:
            # The server's own lines at its start: "mysqld, Version: …", "Tcp port: …", "Time Id Command".
            if line.strip() and not re.match(r".*(?:Version: |started with:)|Tcp port:|Time\s+Id", line):
                bad.add(number)
        elif len(held.sql) < _MOST_LINES and not line.startswith("#"):
            held.sql.append(line)
    yield from _observed(held)


def _stamped(held: _Held, seconds: int, number: int, bad: Unreadable) -> None:
    try:
        held.at = datetime.fromtimestamp(seconds, timezone.utc)
    except (ValueError, OverflowError, OSError):
        bad.add(number)


def _figures(line: str, held: _Held) -> None:
    for name, value in _FIGURE.findall(line):
        try:
            if name == "Query_time":
                held.seconds = float(value)
            elif name == "Rows_sent":
                held.rows = int(value)
            elif value != "QC_hit:":
                held.database = value
        except ValueError:
            continue


def _observed(held: _Held) -> Iterator[Observed]:
    if held.seconds is None or not held.sql:
        return
    text = "\n".join(held.sql).strip().rstrip(";")
    yield Observed(
        text, held.seconds, 1, held.rows, held.at, held.database, held.user, held.seconds, dialect="mysql"
    )
