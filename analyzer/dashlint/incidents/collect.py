"""Reads all that was left behind, and adds it up while it streams by."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timezone, tzinfo
from pathlib import Path
from typing import IO, TypeVar

from dashlint.incidents import detect, lines, mysql, postgres, rows, statistics, superset_log
from dashlint.incidents.kills import Kills
from dashlint.incidents.matching import Match, Matcher, Unmatched
from dashlint.incidents.model import FileRead, Incident, Observed, View
from dashlint.incidents.moments import Clock
from dashlint.incidents.tally import Tally

#: Different statements of nobody that are kept, and decisions that are remembered.
_KEPT, _REMEMBERED = 5_000, 50_000
#: Seconds without a request after which a person's visit of a dashboard is over.
VISIT = 300.0
#: People and dashboards whose last request is remembered.
_VISITORS = 200_000
Told = Callable[[str, int, "int | None"], None]
_T = TypeVar("_T")
_POSTGRES = {
    detect.POSTGRES: postgres.stderr,
    detect.POSTGRES_CSV: postgres.csvlog,
    detect.POSTGRES_JSON: postgres.jsonlog,
}


class Collected:
    """What was read so far. Keys are the uuids of the senders that a statement may be from."""

    def __init__(self, matcher: Matcher, zone: tzinfo = timezone.utc) -> None:
        self.matcher = matcher
        self.zone = zone
        self.files: list[FileRead] = []
        self.matched: dict[tuple[str, ...], Tally] = {}
        self.unmatched: dict[str, Tally] = {}
        self.strangers: OrderedDict[tuple[str, str], Tally] = OrderedDict()
        self.incidents: list[Incident] = []
        self.incident_count = 0
        #: Minutes since 1970, and what was asked in them.
        self.seconds_by_minute: dict[int, dict[tuple[str, ...], float]] = {}
        self.views_by_minute: defaultdict[int, Counter[tuple[int | None, str | None]]] = defaultdict(Counter)
        self.charts_asked: defaultdict[int, set[int]] = defaultdict(set)
        self.visits: Counter[tuple[int | None, str | None]] = Counter()
        self._last_view: OrderedDict[tuple[object, ...], datetime] = OrderedDict()
        self.view_rows = 0
        self.first: datetime | None = None
        self.last: datetime | None = None
        self._decided: OrderedDict[tuple[str, str, tuple[str | None, ...]], tuple[Match | Unmatched, str]] = (
            OrderedDict()
        )

    # Statements

    def statement(self, seen: Observed) -> None:
        """One statement of a log, or one row of statistics."""
        self._span(seen.at)
        decided, text = self._decide(seen)
        if isinstance(decided, Unmatched):
            tally = self.unmatched.setdefault(decided.reason, Tally())
            self._add(tally, seen)
            if decided.reason != "housekeeping":
                self._stranger(decided.reason, text, seen)
            return
        key = tuple(one.sender.uuid for one in decided.candidates)
        tally = self.matched.setdefault(key, Tally())
        self._add(tally, seen)
        tally.by_confidence[decided.confidence] += seen.calls
        tally.parts[decided.candidates[0].part] = None
        if seen.at is not None:
            seconds = self.seconds_by_minute.setdefault(_minute(seen.at), {})
            seconds[key] = seconds.get(key, 0.0) + seen.seconds

    def _decide(self, seen: Observed) -> tuple[Match | Unmatched, str]:
        from dashlint.incidents.fingerprint import fingerprint

        key = (seen.sql, seen.dialect, seen.parameters)
        if key in self._decided:
            self._decided.move_to_end(key)
            return self._decided[key]
        made = fingerprint(seen.sql, seen.dialect, seen.parameters)
        found = (self.matcher.match_print(made, seen.dialect), made.text)
        self._decided[key] = found
        if len(self._decided) > _REMEMBERED:
            self._decided.popitem(last=False)
        return found

    @staticmethod
    def _add(tally: Tally, seen: Observed) -> None:
        tally.add(seen.seconds, seen.calls, seen.rows, seen.longest, each=seen.each)

    def _stranger(self, reason: str, text: str, seen: Observed) -> None:
        tally = self.strangers.setdefault((reason, text), Tally())
        self._add(tally, seen)
        if len(self.strangers) > _KEPT:
            least = min(self.strangers, key=lambda key: self.strangers[key].seconds)
            del self.strangers[least]

    def _span(self, at: datetime | None) -> None:
        if at is not None:
            self.first = at if self.first is None or at < self.first else self.first
            self.last = at if self.last is None or at > self.last else self.last

    # Views

    def view(self, seen: View) -> None:
        """One row of Superset's log."""
        self.view_rows += 1
        if seen.dashboard is None and seen.chart is None and seen.slug is None:
            return
        where = (seen.dashboard, seen.slug)
        self.views_by_minute[_minute(seen.at)][where] += 1
        if seen.dashboard is not None and seen.chart is not None:
            self.charts_asked[seen.dashboard].add(seen.chart)
        if where == (None, None):
            return
        key = (seen.user, *where)
        last = self._last_view.pop(key, None)
        self._last_view[key] = seen.at
        if last is None or abs((seen.at - last).total_seconds()) > VISIT:
            self.visits[where] += 1
        if len(self._last_view) > _VISITORS:
            self._last_view.popitem(last=False)

    # Files

    def file(self, path: Path, told: Told | None = None) -> None:
        """Reads one file, whatever it is. Of a damaged gzip what comes before the damage counts.

        Raises:
            OSError: it cannot be read, or not to its end.
        """
        name = str(path)
        bad = lines.Unreadable()
        with lines.opened(path) as (file, counted, size):
            progress = None if told is None else lambda done, total: told(name, done, total)
            beginning = file.read(detect.BEGINNING)
            kind = detect.kind(beginning)
            clock = Clock(self.zone, lines.written(path))
            whole = _Joined(beginning, file)
            if kind in (detect.SUPERSET_JSON, detect.STATISTICS_JSON):
                found = _Counter(lines.watched(rows.of_json(whole), counted, size, progress, every=5_000))
                used, count = self._rows(kind, found, bad), found.count
            else:
                text = _Counter(lines.watched(lines.lines(whole), counted, size, progress))
                used, count = self._lines(kind, text, Kills(name, clock), clock, bad), text.count
        self.files.append(FileRead(name, kind, count, used, bad.count, bad.first))
        if counted.damage is not None:
            what = (
                f"what came before that counts ({count:,} lines)" if count else "nothing of it could be read"
            )
            raise OSError(f"its gzip is damaged ({counted.damage}); {what}")

    def _lines(
        self, kind: str, stream: Iterator[str], kills: Kills, clock: Clock, bad: lines.Unreadable
    ) -> int:
        """Takes a log of lines; how many of its statements, views and incidents count."""
        if kind in (detect.SUPERSET, detect.STATISTICS):
            return self._rows(kind, rows.named(stream), bad)
        used = 0
        try:
            for seen in _statements(kind, stream, kills, clock, bad):
                self.statement(seen)
                used += 1
        finally:  # what came before a damaged place counts
            self.incident_count += kills.count
            self.incidents += kills.found
        return used + kills.count

    def _rows(self, kind: str, found: Iterable[rows.Numbered], bad: lines.Unreadable) -> int:
        """Takes rows with names; how many of them count."""
        used = 0
        of_view = kind in (detect.SUPERSET, detect.SUPERSET_JSON)
        for number, row in found:
            one = None if row is None else superset_log.of_row(row) if of_view else statistics.of_row(row)
            if one is None:
                bad.add(number)
                continue
            used += 1
            if isinstance(one, View):
                self.view(one)
            else:
                self.statement(one)
        return used


def _statements(
    kind: str, stream: Iterator[str], kills: Kills, clock: Clock, bad: lines.Unreadable
) -> Iterator[Observed]:
    """The statements of a log, while ``kills`` looks at what is none."""
    if kind == detect.MYSQL:
        yield from mysql.statements(stream, clock, bad)
        return
    reader = _POSTGRES.get(kind)
    if reader is None:
        kills.read(stream)
        return
    for one in postgres.statements(reader(stream), clock, bad):
        if isinstance(one, Observed):
            yield one
        else:
            when = one.fields[0] or one.prefix
            kills.line(f"{when} {one.severity}:  {one.message}", one.line)


def _minute(at: datetime) -> int:
    return int(at.timestamp() // 60)


class _Counter(Iterator[_T]):
    """The same, counted."""

    def __init__(self, source: Iterator[_T]) -> None:
        self._source = source
        self.count = 0

    def __next__(self) -> _T:
        found = next(self._source)
        self.count += 1
        return found


class _Joined:
    """What has been read of a file, and the rest of it, as one."""

    def __init__(self, beginning: str, file: IO[str]) -> None:
        self._beginning = beginning
        self._file = file

    def read(self, size: int, /) -> str:
        if self._beginning:
            found, self._beginning = self._beginning[:size], self._beginning[size:]
            return found
        return self._file.read(size)

    def readline(self, size: int, /) -> str:
        if not self._beginning:
            return self._file.readline(size)
        end = self._beginning.find("\n") + 1
        if end:
            found, self._beginning = self._beginning[:end], self._beginning[end:]
            return found
        found, self._beginning = self._beginning, ""
        return found + self._file.readline(size)
