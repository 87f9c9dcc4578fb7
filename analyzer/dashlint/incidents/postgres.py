"""PostgreSQL's log in its three forms: stderr with any prefix, csvlog, jsonlog.

Sources: src/backend/utils/error/elog.c (send_message_to_server_log: a prefix, the severity, a colon and two
spaces; later lines begin with a tab), csvlog.c and jsonlog.c (columns and keys), and
src/backend/tcop/postgres.c (``duration: %s ms  statement: %s``, ``execute %s: %s``, ``parse``, ``bind``).
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from dashlint.incidents import rows
from dashlint.incidents.detect import PARTS, SEVERITIES
from dashlint.incidents.lines import Unreadable
from dashlint.incidents.model import Observed
from dashlint.incidents.moments import Clock, moment

_ENTRY = re.compile(rf"^(?P<prefix>[^\t].{{0,400}}?|)\b(?P<what>{SEVERITIES}|{PARTS}):  (?P<message>.*)$")
_DURATION = re.compile(
    r"duration: (?P<ms>\d+(?:\.\d+)?) ms(?:  (?P<how>statement|execute|parse|bind|fastpath function call)"
    r"(?: (?P<name>.*?))?: (?P<sql>.*))?$",
    re.DOTALL,
)
_STATEMENT = re.compile(r"(?:statement|execute [^:]*): (?P<sql>.*)", re.DOTALL)
_PARAMETERS = re.compile(r"\$(\d+) = (NULL|'(?:[^']|'')*')")
_ACCOUNT = re.compile(
    r"(?<![\w.-])(?:user=)?(?P<user>[\w.-]+)(?:@|,\s?db=|\s+(?:db|database)=)(?P<db>[\w.-]+)"
)
_PID = re.compile(r"\[(\d+)\]")
#: Lines of one message that are kept, and sessions whose last statement is remembered.
_MOST_LINES, _SESSIONS = 20_000, 5_000


class Entry(NamedTuple):
    """One message of the log; ``line`` is where it begins."""

    severity: str
    message: str
    prefix: str
    line: int
    detail: str = ""
    fields: tuple[str | None, str | None, str | None, str | None] = (None, None, None, None)


class Bad(NamedTuple):
    """A line that is none of the format."""

    line: int


def stderr(lines: Iterable[str]) -> Iterator[Entry | Bad]:
    """Messages of a log in the stderr format, with the lines that belong to them."""
    held: Entry | None = None
    more: list[str] = []
    for number, line in enumerate(lines, 1):
        found = _ENTRY.match(line) if not line.startswith("\t") else None
        if found is None:
            if held is None:
                if line.strip():
                    yield Bad(number)
            elif len(more) < _MOST_LINES:
                more.append(line.removeprefix("\t"))
            continue
        if found["what"] in PARTS.split("|"):
            if held is not None:
                held = held._replace(message="\n".join([held.message, *more]))
                more = []
                if found["what"] == "DETAIL":
                    held = held._replace(detail=found["message"])
            continue
        if held is not None:
            yield held._replace(message="\n".join([held.message, *more]))
        held, more = Entry(found["what"], found["message"], found["prefix"], number), []
    if held is not None:
        yield held._replace(message="\n".join([held.message, *more]))


def csvlog(lines: Iterable[str]) -> Iterator[Entry | Bad]:
    """Messages of a csvlog. A broken row is told, and the next one is read."""
    for start, row in rows.of_csv(lines):
        if row is None or len(row) < 16 or not re.fullmatch(SEVERITIES, row[11]):
            yield Bad(start)
            continue
        fields = (row[0], row[1] or None, row[2] or None, row[3] or None)
        yield Entry(row[11], row[13], "", start, row[14], fields)


def jsonlog(lines: Iterable[str]) -> Iterator[Entry | Bad]:
    """Messages of a jsonlog."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row: Any = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict) or not isinstance(row.get("message", ""), str):
            yield Bad(number)
            continue
        text = {
            key: None if row.get(key) is None else str(row[key])
            for key in ("timestamp", "user", "dbname", "pid")
        }
        fields = (text["timestamp"], text["user"], text["dbname"], text["pid"])
        severity, detail = str(row.get("error_severity")), str(row.get("detail") or "")
        yield Entry(severity, row.get("message", ""), "", number, detail, fields)


def statements(entries: Iterable[Entry | Bad], clock: Clock, bad: Unreadable) -> Iterator[Observed | Entry]:
    """The statements that have a duration; other messages as they are. Lines that say nothing go to ``bad``.

    A duration without a statement (``log_duration``) belongs to the last statement of its session.
    """
    waiting: OrderedDict[str, str] = OrderedDict()
    for entry in entries:
        if isinstance(entry, Bad):
            bad.add(entry.line)
            continue
        when, user, database, pid = entry.fields
        if entry.prefix:
            number, account = _PID.search(entry.prefix), _ACCOUNT.search(entry.prefix)
            when, pid = entry.prefix, number[1] if number is not None else None
            user, database = (account["user"], account["db"]) if account is not None else (None, None)
        found = _DURATION.match(entry.message)
        if found is None:
            said = _STATEMENT.match(entry.message)
            if said is None:
                yield entry
            elif pid is not None:
                waiting[pid] = said["sql"]
                if len(waiting) > _SESSIONS:
                    waiting.popitem(last=False)
            continue
        sql = found["sql"] or (waiting.pop(pid, None) if pid is not None else None)
        if sql is None:
            bad.add(entry.line)
            continue
        seconds = float(found["ms"]) / 1000
        prepares = found["how"] in ("parse", "bind")
        yield Observed(
            sql,
            seconds,
            0 if prepares else 1,
            at=moment(when, clock) if when else None,
            database=database,
            user=user,
            longest=None if prepares else seconds,
            each=not prepares,
            parameters=_parameters(entry.detail),
        )


def _parameters(detail: str) -> tuple[str | None, ...]:
    """The values in ``parameters: $1 = 'x', $2 = NULL``; ``Parameters:`` since PostgreSQL 16."""
    if not detail.lower().startswith("parameters:"):
        return ()
    found = {
        int(n): None if v == "NULL" else v[1:-1].replace("''", "'") for n, v in _PARAMETERS.findall(detail)
    }
    # Numbers are at most 65535 (PostgreSQL's protocol), whatever a text says.
    most = min(max(found, default=0), 65_535)
    return tuple(found.get(n) for n in range(1, most + 1))
