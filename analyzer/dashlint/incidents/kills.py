"""Kills and memory errors in logs of gunicorn, Celery, the kernel, Kubernetes, Docker, PostgreSQL and Python.

Sources of the texts: gunicorn/arbiter.py (reap_workers, murder_workers), billiard/pool.py (Process … exited
with …, WorkerLostError) and billiard/common.py (human_status), mm/oom_kill.c (__oom_kill_process, and the
line ``oom-kill:`` before it), systemd's core/unit.c, kubelet's pkg/kubelet/oom (SystemOOM),
node-problem-detector's config/kernel-monitor.json (OOMKilling), ``docker events``, PostgreSQL's postmaster.c
(LogChildExit) and mcxt.c, numpy's _core/_exceptions.py (_ArrayMemoryError), a Superset whose Arrow got none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any

from dashlint.incidents.model import Incident
from dashlint.incidents.moments import Clock, age, moment

#: One rough look at a line before all patterns: most lines hold none of these words.
_MAYBE = re.compile(
    r"SIGKILL|WORKER TIMEOUT|Killed|Kill process|oom|OOM|signal 9|exited|exitCode|[Ee]xit [Cc]ode|[Mm]emory"
)
_PATTERNS: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("timeout", "gunicorn: worker timeout", re.compile(r"WORKER TIMEOUT \(pid:(?P<pid>\d+)\)")),
    ("sigkill", "gunicorn: worker killed", re.compile(r"Worker \(pid:(?P<pid>\d+)\) was sent SIGKILL!")),
    (
        "oom-kill",
        "kernel: out of memory, killed {name}",
        re.compile(
            r"Kill(?:ed)? process (?P<pid>\d+)[ ,]*\((?P<name>[^)]*)\)(?:.{0,2000}?anon-rss:(?P<kib>\d+)kB)?"
        ),
    ),
    (
        "oom-kill",
        "kernel: out of memory, killed {name}",
        re.compile(r"oom-kill:.{0,2000}?\btask=(?P<name>[^,]{1,100}),pid=(?P<pid>\d+)"),
    ),
    (
        "oom-kill",
        "kubelet: node out of memory, killed {name}",
        re.compile(r"System OOM encountered(?:, victim process: (?P<name>[^,]*), pid: (?P<pid>\d+))?"),
    ),
    ("oom-kill", "systemd: a process was killed for memory", re.compile(r"killed by the OOM killer")),
    (
        "sigkill",
        "Celery: worker process lost (signal 9)",
        re.compile(
            r"WorkerLostError\(?.{0,2000}?signal 9"
            r"|[Pp]rocess '?(?P<name>[\w-]+)'? pid:(?P<pid>\d+) exited with '?signal 9"
        ),
    ),
    (
        "sigkill",
        "PostgreSQL: server process killed",
        # "server process", "checkpointer process", 'background worker "parallel worker"' …
        re.compile(r"\(PID (?P<pid>\d+)\) was terminated by signal 9"),
    ),
    (
        "memory-error",
        "numpy: no memory for an array",
        re.compile(r"_ArrayMemoryError: .{0,2000}?(?P<name>[\d.]{1,30} [KMGT]iB)"),
    ),
    ("memory-error", "Arrow: no memory for a frame", re.compile(r"\bArrowMemoryError: ")),
    ("memory-error", "Python: MemoryError", re.compile(r"(?:^|\s)MemoryError(?::|\(|$)")),
    ("memory-error", "PostgreSQL: out of memory", re.compile(r"(?:ERROR|FATAL):  out of memory")),
)
_DOCKER = re.compile(r"\bcontainer (?P<what>die|oom) (?P<id>[0-9a-f]{12,64}) \((?P<more>.*)\)")
_EXIT = re.compile(r"\bexit(?:Code|ed\swith\scode)?[=\s]\D{0,8}137\b|\bexit code:? 137\b", re.IGNORECASE)
_NAME = re.compile(r"\bname=(?P<name>[^,)]+)")
_REASON = re.compile(r"OOMKill(?:ed|ing)\b")
_FINISHED = re.compile(r'"?\b[Ff]inished(?:At)?"?:\s+')
_POD = re.compile(r"^Name:\s+(?P<name>\S+)|\b(?P<kind>[Pp]od|[Nn]ode)/(?P<event>[\w.-]+)")
#: Seconds within which one kill is told twice (the process' end and the task's error, or two kernel lines),
#: and within which gunicorn kills a worker that timed out: it asks with SIGABRT first (murder_workers).
_TWICE, _AFTER_TIMEOUT = 5.0, 30.0
#: Lines within which the parts of one container's state follow each other.
_STATE = 6
#: Lines between the two that the kernel writes for one kill, where they have no time of day.
_LINES = 60


class Kills:
    """Takes the lines of one log and collects incidents. ``count`` goes on where no more are kept."""

    MOST = 10_000

    def __init__(self, file: str, clock: Clock) -> None:
        self.found: list[Incident] = []
        self.count = 0
        self._file = file
        self._clock = clock
        self._last: datetime | None = None
        self._pod: str | None = None
        self._state = -_STATE * 10

    def read(self, lines: Iterable[str]) -> None:
        """All lines of a log."""
        for number, line in enumerate(lines, 1):
            self.line(line, number)

    def line(self, line: str, number: int) -> None:
        """One line."""
        wrapped: datetime | None = None
        if line[:1] == "{":
            line, wrapped = _unwrapped(line, self._clock)
        if line.startswith("Name:"):
            named = _POD.match(line)
            self._pod = named["name"] if named is not None else self._pod
        if number - self._state <= _STATE * 2 and _FINISHED.search(line):
            self._finished(line)
        if not _MAYBE.search(line):
            if line[:1] in "[0123456789" or wrapped is not None:
                self._last = wrapped or moment(line, self._clock) or self._last
            return
        when = wrapped or moment(line, self._clock)
        self._last = when or self._last
        about = when is None and (when := self._aged(line)) is not None
        for kind, what, pattern in _PATTERNS:
            found = pattern.search(line)
            if found is not None:
                parts = found.groupdict()
                name = parts.get("name")
                kib = parts.get("kib")
                # A traceback's last line has no time of its own.
                self._add(
                    kind,
                    what.format(name=name or "?") if "{" in what else what,
                    number,
                    when or self._last,
                    parts.get("pid") or name,
                    int(kib) * 1024 if kib else None,
                    about=about,
                )
                return
        self._containers(line, number, when, about=about)

    def _aged(self, line: str) -> datetime | None:
        """The time of a line in a list of kubectl: its age comes first, or behind a namespace."""
        for word in line.split(maxsplit=2)[:2]:
            passed = age(word)
            if passed is not None:
                return self._clock.written - passed
        return None

    def _containers(self, line: str, number: int, when: datetime | None, *, about: bool) -> None:
        docker = _DOCKER.search(line)
        if docker is not None:
            name = _NAME.search(docker["more"])
            who = name["name"] if name is not None else docker["id"][:12]
            if docker["what"] == "oom":
                self._add("oom-kill", "Docker: container out of memory", number, when, who)
            elif "exitCode=137" in docker["more"]:
                self._add("sigkill", "Docker: container killed (exit code 137)", number, when, who)
            return
        if _REASON.search(line):
            self._state = number
            listed = _POD.search(line)
            who = (listed["event"] if listed is not None else None) or self._pod
            self._add("oom-kill", "Kubernetes: container OOMKilled", number, when, who, about=about)
        elif _EXIT.search(line) and number - self._state > _STATE:
            self._add("sigkill", "container killed (exit code 137)", number, when or self._last, self._pod)

    def _finished(self, line: str) -> None:
        when = moment(line, self._clock)
        if self.found and self.found[-1].at is None and when is not None:
            self.found[-1] = self.found[-1]._replace(at=when)

    def _add(
        self,
        kind: str,
        what: str,
        line: int,
        at: datetime | None,
        process: str | None,
        bytes_held: int | None = None,
        *,
        about: bool = False,
    ) -> None:
        for place in range(len(self.found) - 1, max(-1, len(self.found) - 21), -1):
            other = self.found[place]
            if _killed_for_time(other, kind, process, at):
                return  # memory is only gunicorn's guess
            if _is_twice(other, kind, what, process, at, line):
                if other.bytes is None and bytes_held is not None:
                    self.found[place] = other._replace(bytes=bytes_held)
                return
        self.count += 1
        if len(self.found) < self.MOST:
            self.found.append(Incident(kind, what, self._file, line, at, about, process, bytes_held))


def _unwrapped(line: str, clock: Clock) -> tuple[str, datetime | None]:
    """The message in a line of JSON, and its time: of docker's json-file, journalctl or ``docker events``."""
    try:
        row: Any = json.loads(line)
    except (ValueError, RecursionError):
        return line, None
    if not isinstance(row, dict):
        return line, None
    when = _time_in(row, clock)
    action = row.get("Action") or row.get("status")
    actor = row.get("Actor")
    if isinstance(action, str) and isinstance(actor, dict) and isinstance(actor.get("Attributes"), dict):
        more = ", ".join(f"{key}={value}" for key, value in actor["Attributes"].items())
        return f"container {action} {actor.get('ID') or '0' * 12} ({more})", when
    for key in ("MESSAGE", "log", "message", "msg"):
        if isinstance(row.get(key), str):
            return str(row[key]), when
    return line, when


def _killed_for_time(other: Incident, kind: str, process: str | None, at: datetime | None) -> bool:
    """Whether a worker's own master killed it for being slow, just after it said so."""
    if other.kind != "timeout" or kind != "sigkill" or other.process != process:
        return False
    return other.at is not None and at is not None and abs((at - other.at).total_seconds()) <= _AFTER_TIMEOUT


def _is_twice(
    other: Incident, kind: str, what: str, process: str | None, at: datetime | None, line: int
) -> bool:
    """Whether two lines tell of one incident."""
    same = other.process == process or ("Celery" in what and "Celery" in other.what)
    if other.kind != kind or not same or (other.what != what and other.process != process):
        return False
    if at is None or other.at is None:
        return at is other.at and line - other.line <= _LINES
    return abs((at - other.at).total_seconds()) <= _TWICE


def _time_in(row: dict[str, Any], clock: Clock) -> datetime | None:
    for key, unit in (("__REALTIME_TIMESTAMP", 1e6), ("timeNano", 1e9), ("time", 1.0)):
        value = row.get(key)
        try:
            if isinstance(value, (int, float)) or (isinstance(value, str) and value.isdigit()):
                return datetime.fromtimestamp(float(value) / unit, timezone.utc)
        except (ValueError, OverflowError, OSError):
            return None
    for key in ("time", "timestamp", "ts", "@timestamp"):
        if isinstance(row.get(key), str):
            return moment(row[key], clock)
    return None
