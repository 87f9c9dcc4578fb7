"""Reads all that was left behind, and adds it up while it streams by."""

from __future__ import annotations

import zlib
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timezone, tzinfo
from pathlib import Path
from typing import NamedTuple

from dashlint.incidents import detect, lines, mysql, postgres, statistics, superset_log
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


class Bucket(NamedTuple):
    """A minute (since 1970) and what was asked in it."""

    minute: int
    key: tuple[str, ...]


class Collected:
    """What was read so far. Keys are the uuids of the senders that a statement may be from."""

    def __init__(self, matcher: Matcher, zone: tzinfo = timezone.utc) -> None:
        self.matcher = matcher
        self.zone = zone
        self.files: list[FileRead] = []
        self.matched: dict[tuple[str, ...], Tally] = {}
        self.unmatched: dict[str, Tally] = {}
        self.strangers: OrderedDict[tuple[str, str], Tally] = OrderedDict()
        self.dropped_strangers = False
        self.incidents: list[Incident] = []
        self.incident_count = 0
        self.seconds_by_minute: defaultdict[Bucket, float] = defaultdict(float)
        self.views_by_minute: Counter[tuple[int, int | None, int | None, str | None]] = Counter()
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
            self.seconds_by_minute[Bucket(int(seen.at.timestamp() // 60), key)] += seen.seconds

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
            self.dropped_strangers = True

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
        self.views_by_minute[int(seen.at.timestamp() // 60), seen.dashboard, seen.chart, seen.slug] += 1
        where = (seen.dashboard, seen.slug)
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
        """Reads one file, whatever it is.

        Raises:
            OSError: it cannot be read.
        """
        try:
            self._file(path, told)
        except (EOFError, zlib.error) as error:
            raise OSError(f"its gzip is damaged ({error}); what came before that counts") from None

    def _file(self, path: Path, told: Told | None) -> None:
        name = str(path)
        with lines.opened(path) as (file, counted, size):
            progress = None if told is None else lambda done, total: told(name, done, total)
            beginning = file.read(detect.BEGINNING)
            kind = detect.kind(beginning)
            clock = Clock(self.zone, lines.written(path))
            count = _Count()
            whole = _Joined(beginning, file)
            bad: list[int] = []
            if kind == detect.SUPERSET_JSON:
                for view in superset_log.from_json(whole, bad):  # type: ignore[arg-type]
                    count.used += 1
                    self.view(view)
                    if progress is not None and count.used % 5_000 == 0:
                        progress(counted.done, size)
                count.lines = count.used + len(bad)
            else:
                stream = count.lines_of(lines.watched(lines.lines(whole), counted, size, progress))  # type: ignore[arg-type]
                self._lines(kind, stream, name, clock, bad, count)
        self.files.append(FileRead(name, kind, count.lines, count.used, len(bad), bad[0] if bad else None))

    def _lines(
        self, kind: str, stream: Iterator[str], name: str, clock: Clock, bad: list[int], count: _Count
    ) -> None:
        kills = Kills(name, clock)
        if kind == detect.SUPERSET:
            for view in superset_log.from_csv(stream, bad):
                count.used += 1
                self.view(view)
            return
        for seen in self._statements(kind, stream, clock, bad, kills):
            count.used += 1
            self.statement(seen)
        count.used += kills.count
        self.incident_count += kills.count
        self.incidents += kills.found

    @staticmethod
    def _statements(
        kind: str, stream: Iterator[str], clock: Clock, bad: list[int], kills: Kills
    ) -> Iterator[Observed]:
        if kind == detect.STATISTICS:
            first = next(stream, "")
            rest = _again(first, stream)
            yield from (statistics.from_json if first.lstrip()[:1] in ("{", "[") else statistics.from_csv)(
                rest, bad
            )
        elif kind == detect.MYSQL:
            yield from mysql.statements(stream, clock, bad)
        elif kind in (detect.POSTGRES, detect.POSTGRES_CSV, detect.POSTGRES_JSON):
            reader = {
                detect.POSTGRES: postgres.stderr,
                detect.POSTGRES_CSV: postgres.csvlog,
                detect.POSTGRES_JSON: postgres.jsonlog,
            }[kind]
            for one in postgres.statements(reader(stream), clock, bad):
                if isinstance(one, Observed):
                    yield one
                else:
                    when = one.fields[0] or one.prefix
                    kills.line(f"{when} {one.severity}:  {one.message}", one.line)
        else:
            for _line in kills.read(stream):
                pass


class _Count:
    def __init__(self) -> None:
        self.lines = 0
        self.used = 0

    def lines_of(self, source: Iterator[str]) -> Iterator[str]:
        for line in source:
            self.lines += 1
            yield line


class _Joined:
    """What has been read of a file, and the rest of it, as one."""

    def __init__(self, beginning: str, file: object) -> None:
        self._beginning = beginning
        self._file = file

    def read(self, size: int) -> str:
        if self._beginning:
            found, self._beginning = self._beginning[:size], self._beginning[size:]
            return found
        return self._file.read(size)  # type: ignore[attr-defined, no-any-return]

    def readline(self, size: int) -> str:
        if not self._beginning:
            return self._file.readline(size)  # type: ignore[attr-defined, no-any-return]
        end = self._beginning.find("\n") + 1
        if end:
            found, self._beginning = self._beginning[:end], self._beginning[end:]
            return found
        found, self._beginning = self._beginning, ""
        return found + self._file.readline(size)  # type: ignore[attr-defined, no-any-return]


def _again(first: str, rest: Iterable[str]) -> Iterator[str]:
    yield first
    yield from rest
