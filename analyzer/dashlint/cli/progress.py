"""A progress line on stderr while a server is read; nothing where nobody would see it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_WORDS = {
    "lists": "reading lists",
    "dashboard": "reading dashboards",
    "chart": "reading charts",
    "dataset": "reading datasets",
    "database": "reading databases",
    "tables": "asking for indexes",
}


@contextmanager
def progress_on_stderr() -> Iterator[Callable[[str, int, int | None], None]]:
    """A callable for `read_server`: what is being read, how much is done, of how much."""
    if not sys.stderr.isatty():
        yield lambda _what, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, total: int | None) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(_WORDS.get(what, what), total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield tell
