"""Engines' facts and time ranges against what Superset itself says, asked in its own environment."""

from __future__ import annotations

import json
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from dashlint.chart_sql import engine
from dashlint.superset.time_range import Bounds, resolve
from tests.live.superset_builder import build, clean_environment
from tests.live.superset_server import SupersetServer

TRUTH = Path(__file__).parents[1] / "truth"
RANGES = (
    *("Last day", "Last week", "Last month", "Last quarter", "Last year", "Last 7 days", "Last 2 quarters"),
    *("Last 3 months", "Last 90 minutes", "Next week", "Next 5 days", "No filter", "last 2 weeks : "),
    *("previous calendar week", "previous calendar month", "previous calendar quarter"),
    *("previous calendar year", "Current day", "Current week", "Current month", "Current quarter"),
    *("Current year", "2024-01-01 : 2024-02-01", "2024 : 2025", "2024-03 : now", "100 years ago : now"),
    *("2024-01-01T10:20:30 : 2024-02-01T00:00:00", "3 days ago : today", "2 weeks ago : now"),
    *("2004-01-01 00:00:00 : 2005-01-01 00:00:00", "yesterday : today", "today : tomorrow"),
    *("start of this month : end of this month", "start of last 2 months : end of next year"),
    *("first of this month : ", "first day of last year : now", "this week : now", "end of last week : "),
    *(" : 2024-01-01", "2024-01-01 : ", "1 year ago : 1 month ago", "this month : next month", "2024-01-01"),
    "DATEADD(DATETIME('2024-03-31'), -1, month) : DATETIME('today')",
    "DATEADD(DATETIME('2024-02-29'), -1, year) : today",
    "DATEADD(DATETIME('now'), -7, day) : now",
    "DATEADD(DATETIME('2024-01-31'), 1, quarter) : ",
    "DATETRUNC(DATETIME('today'), year) : now",
    "DATETRUNC(DATEADD(DATETIME('today'), -1, WEEK), WEEK) : DATETRUNC(DATETIME('today'), WEEK)",
    "LASTDAY(DATETIME('2024-02-10'), month) : ",
    "LASTDAY(DATETIME('2024-02-10'), year) : ",
    "LASTDAY(DATETIME('2024-02-10'), week) : ",
)
#: What only the server's libraries read, or what it refuses: we say so instead of guessing.
NOT_KNOWN = ("Jan 2020 : now", "Last 24 hours", "7 days : ", "2020-01-01T00:00:00.000Z : now")


def ask(superset: SupersetServer, script: str, given: str = "") -> Any:
    """Runs one of our scripts with Superset's Python; the JSON that it prints last."""
    python = build(superset.version).python
    environment = clean_environment(SUPERSET_HOME=str(superset.home))
    done = subprocess.run(
        [str(python), str(TRUTH / script)],
        input=given,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_engines(superset: SupersetServer) -> None:
    """``engines.json`` is what this Superset says of its engines."""
    printed = ask(superset, "engine_facts.py")
    theirs = json.loads(printed[printed.index("\n{") :])
    ours = json.loads(Path(engine.__file__).with_name("engines.json").read_text("utf-8"))
    assert ours == theirs


def test_time_ranges(superset: SupersetServer) -> None:
    now = datetime.now()  # noqa: DTZ005 - as Superset has it
    printed = ask(superset, "time_ranges.py", json.dumps([*RANGES, *NOT_KNOWN]))
    theirs = json.loads(printed[printed.index("[[") :])
    different = []
    for text, (since, until) in zip(RANGES, theirs, strict=False):
        ours = resolve(text, now)
        if not (_same(ours.since, since) and _same(ours.until, until)) or _leaves_open(ours):
            different.append(f"{text}: {ours}, but {since} and {until}")
    assert not different, "\n".join(different)
    assert all(_leaves_open(resolve(text, now)) for text in NOT_KNOWN)


def _leaves_open(bounds: Bounds) -> bool:
    return bounds.unknown_since is not None or bounds.unknown_until is not None


def _same(ours: datetime | None, theirs: str | None) -> bool:
    """Equal, or as far apart as both readings of the clock."""
    if ours is None or theirs is None:
        return ours is None and theirs is None
    return abs(datetime.fromisoformat(theirs) - ours) < timedelta(minutes=5)
