"""Reads what ``dashlint diagnose`` is given: files, databases, a server's log. What fails is a problem."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashlint.cli import inputs

if TYPE_CHECKING:
    from dashlint.assets import Problem
    from dashlint.incidents.collect import Collected, Told
    from dashlint.incidents.model import View
    from dashlint.sources.rest import Server


def read_files(files: Sequence[Path], collected: Collected) -> list[Problem]:
    """Adds what logs say; what could not be read is told."""
    from dashlint.assets import Problem

    problems = []
    with _progress() as told:
        for path in files:
            try:
                collected.file(path, told)
            except OSError as error:
                reason = error.strerror or str(error)
                problems.append(Problem("unreadable-file", f"could not be read: {reason}", str(path)))
    for one in collected.files:
        if one.unreadable:
            what = "line" if one.unreadable == 1 else "lines"
            problems.append(
                Problem(
                    "unreadable-lines",
                    f"{one.unreadable:,} {what} of {one.lines:,} could not be read as {one.kind}, this first",
                    one.file,
                    one.first_unreadable,
                )
            )
    return problems


def read_databases(
    collected: Collected, statements: str | None, metadata: str | None, timeout: float
) -> Sequence[Problem]:
    """Adds statements of a warehouse's statistics, and views of Superset's metadata database."""
    problems: Sequence[Problem] = ()
    if statements is not None:
        from dashlint.incidents.statistics import from_database

        found, problems = from_database(statements, inputs.live_options(timeout))
        for seen in found:
            collected.statement(seen)
    if metadata is not None:
        from dashlint.incidents.superset_log import from_database as views_of

        chosen = inputs.live_options(timeout)._replace(
            password=os.environ.get("DASHLINT_METADATA_DB_PASSWORD")
        )
        for view in views_of(metadata, chosen):
            collected.view(view)
    return problems


def read_server_log(server: Server, hours: int, views: list[View]) -> Sequence[Problem]:
    """Adds the views of a server's log; what came before a problem counts."""
    from datetime import datetime, timedelta, timezone

    from dashlint.assets import Problem
    from dashlint.cli.progress import progress_on_stderr
    from dashlint.incidents.superset_log import of_row
    from dashlint.sources.errors import SourceError
    from dashlint.sources.rest.event_log import read_log

    now = datetime.now(timezone.utc)
    try:
        with progress_on_stderr() as progress:
            for row in read_log(server.client, now - timedelta(hours=hours), now, progress):
                view = of_row(row)
                if view is not None:
                    views.append(view)
    except SourceError as error:
        return (Problem(error.kind, error.message, "Superset's log"),)
    return ()


@contextmanager
def _progress() -> Iterator[Told | None]:
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), DownloadColumn(binary_units=True))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def told(name: str, done: int, total: int | None) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(f"reading {Path(name).name}", total=total)
            bar.update(tasks[name], completed=done, total=total)

        yield told
