"""Where results are kept: a folder of files, or any database that SQLAlchemy speaks to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from dashlint.fleet.changes import compared
from dashlint.fleet.model import Result, Run


class Store(Protocol):
    """Keeps runs and their results. Several processes on several machines may use one at a time.

    Attributes:
        label: what it may be called in messages; without a password.
    """

    label: str

    def begin(self, run: Run) -> Run:
        """Makes a run known; one of this id is continued, with the workspaces that it lacked."""
        ...

    def run(self, run: str) -> Run | None:
        """A run; None where there is none."""
        ...

    def runs(self) -> list[Run]:
        """All runs, the latest first."""
        ...

    def keep(self, run: str, result: Result) -> bool:
        """Keeps a result, as a whole or not at all. False where the workspace is done already in this run:
        what was kept first stays.
        """
        ...

    def result(self, run: str, workspace: str) -> Result | None:
        """What is kept of one workspace; None where nothing is yet."""
        ...

    def results(self, run: str, *, only_new: bool = False) -> Mapping[str, Result]:
        """What is kept of a run, by workspace; with ``only_new``, of findings those that are new."""
        ...

    def before(self, run: str, workspace: str) -> tuple[str, Result] | None:
        """The last run that began before this one and in which the workspace was done, and its result."""
        ...

    def delete(self, run: str) -> None:
        """Deletes a run and all that is kept of it. What is interrupted can be done once more."""
        ...

    def hold(self, server: str, limit: int, owner: str, seconds: float) -> bool:
        """Takes one of a server's places, for some seconds at most; False where all are taken.

        Who holds one and asks again keeps it.
        """
        ...

    def let_go(self, server: str, owner: str) -> None:
        """Gives the place back."""
        ...

    def report_file(self, run: str, workspace: str) -> Path | None:
        """Where a whole report is written to; None where the store keeps none."""
        ...


def open_store(place: str) -> Store:
    """A store by a folder's path or a database's URL.

    Raises:
        ConfigError: it is a file, or no URL that SQLAlchemy understands.
        CatalogError: a driver is missing, or the database is not reached.
    """
    if "://" in place:
        from dashlint.fleet.store_database import DatabaseStore

        return DatabaseStore(place)
    from dashlint.fleet.store_folder import FolderStore

    return FolderStore(Path(place))


def prune(store: Store, keep: int) -> list[Run]:
    """Deletes all runs but the latest.

    Args:
        store: where they are kept.
        keep: how many stay.

    Returns:
        Those that are gone, the latest first.
    """
    old = store.runs()[keep:]
    for run in old:
        store.delete(run.id)
    return old


def keep_compared(store: Store, run: str, result: Result) -> Result:
    """Keeps a result, compared with the last earlier run in which its workspace was done.

    Returns:
        What is kept now: this result, or that of somebody who was faster.
    """
    earlier = store.before(run, result.workspace)
    if earlier is not None:
        result = compared(result, *earlier)
    if store.keep(run, result):
        return result
    return store.result(run, result.workspace) or result
