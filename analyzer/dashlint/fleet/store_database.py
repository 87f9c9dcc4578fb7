"""Results in a database."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from dashlint.catalog.errors import CatalogError
from dashlint.fleet import store_address
from dashlint.fleet.model import DONE, WAITING, Known, Result, Run
from dashlint.fleet.store_rows import columns, finding_columns, known, result_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

_T = TypeVar("_T")
#: Tries of a transaction that the database gave up: a deadlock, a lock that was not had in time, a restart.
_TRIES = 4


class DatabaseStore:
    """See :class:`dashlint.fleet.store.Store`. The tables are made when a run begins.

    Args:
        url: the database's address, in SQLAlchemy's form.

    Raises:
        ConfigError: it is no address that SQLAlchemy understands.
        CatalogError: SQLAlchemy or a driver is missing.
    """

    def __init__(self, url: str) -> None:
        self._engine, self.label = store_address.connect(url)
        self._missing = True

    def begin(self, run: Run) -> Run:
        from sqlalchemy import func, insert, select

        from dashlint.fleet import store_tables as tables

        self._transaction(lambda c: tables.metadata.create_all(c, checkfirst=True))

        def write(connection: Connection) -> None:
            there = connection.execute(select(tables.runs.c.run).where(tables.runs.c.run == run.id)).first()
            if there is None:
                values = {"run": run.id, "started": run.started.isoformat(), "dashlint": run.dashlint}
                connection.execute(insert(tables.runs), values)
            mine = tables.results.c.run == run.id
            names = select(tables.results.c.workspace).where(mine)
            there_already = {row.workspace for row in connection.execute(names)}
            place = connection.execute(select(func.count()).select_from(tables.results).where(mine)).scalar()
            more = [name for name in run.workspaces if name not in there_already]
            rows = [
                {
                    "run": run.id,
                    "workspace": name,
                    "place": number,
                    "state": WAITING,
                    "attempts": 0,
                    "fails": 0,
                }
                for number, name in enumerate(more, place or 0)
            ]
            if rows:
                connection.execute(insert(tables.results), rows)

        self._transaction(write)
        return self.run(run.id) or run

    def run(self, run: str) -> Run | None:
        return next((each for each in self._runs(run)), None)

    def runs(self) -> list[Run]:
        return self._runs(None)

    def keep(self, run: str, result: Result) -> bool:
        from sqlalchemy import insert, update

        from dashlint.fleet import store_tables as tables

        table = tables.results

        def write(connection: Connection) -> bool:
            # The row is locked from here on: of two that finish at once, one sees that the other has.
            mine = (table.c.run == run, table.c.workspace == result.workspace, table.c.state != DONE)
            if connection.execute(update(table).where(*mine).values(columns(result))).rowcount == 0:
                return False
            rows = [
                {"run": run, "workspace": result.workspace, "number": number, **finding_columns(finding)}
                for number, finding in enumerate(result.findings)
            ]
            if rows:
                connection.execute(insert(tables.findings), rows)
            return True

        return self._transaction(write)

    def result(self, run: str, workspace: str) -> Result | None:
        return self._results(run, workspace).get(workspace)

    def results(self, run: str, *, only_new: bool = False) -> Mapping[str, Result]:
        return self._results(run, None, only_new=only_new)

    def before(self, run: str, workspace: str) -> tuple[str, Result] | None:
        from sqlalchemy import select

        from dashlint.fleet.store_tables import results, runs

        def read(connection: Connection) -> str | None:
            started = select(runs.c.started).where(runs.c.run == run).scalar_subquery()
            earlier = (
                select(results.c.run)
                .join(runs, runs.c.run == results.c.run)
                .where(results.c.workspace == workspace, results.c.state == DONE, runs.c.started < started)
                .order_by(runs.c.started.desc())
                .limit(1)
            )
            return connection.execute(earlier).scalar()

        found = self._read(read, None)
        result = self.result(found, workspace) if found is not None else None
        return (found, result) if found is not None and result is not None else None

    def delete(self, run: str) -> None:
        from sqlalchemy import delete

        from dashlint.fleet.store_tables import findings, results, runs

        def remove(connection: Connection) -> None:
            for table in (findings, results, runs):
                connection.execute(delete(table).where(table.c.run == run))

        self._transaction(remove)

    def hold(self, server: str, limit: int, owner: str, seconds: float) -> bool:
        from sqlalchemy import insert, select, update
        from sqlalchemy.exc import IntegrityError

        from dashlint.fleet.store_tables import places

        until = {"owner": owner, "until": time.time() + seconds}

        def take(connection: Connection) -> bool | None:
            here = places.c.server == server
            own = connection.execute(update(places).where(here, places.c.owner == owner).values(until))
            if own.rowcount:
                return True
            rows = connection.execute(select(places.c.number, places.c.until).where(here)).all()
            for number, old in rows:
                if number < limit and old < time.time():
                    free = (here, places.c.number == number, places.c.until == old)
                    if connection.execute(update(places).where(*free).values(until)).rowcount:
                        return True
            taken = {number for number, _ in rows}
            number = next((n for n in range(limit) if n not in taken), None)
            if number is None:
                return False
            connection.execute(insert(places), {"server": server, "number": number, **until})
            return True

        try:
            return bool(self._transaction(take))
        except IntegrityError:
            return False  # somebody else took it in the same moment

    def let_go(self, server: str, owner: str) -> None:
        from sqlalchemy import delete

        from dashlint.fleet.store_tables import places

        self._transaction(
            lambda c: c.execute(delete(places).where(places.c.server == server, places.c.owner == owner))
        )

    def report_file(self, run: str, workspace: str) -> Path | None:  # noqa: ARG002 the interface
        return None

    def _runs(self, run: str | None) -> list[Run]:
        from sqlalchemy import select

        from dashlint.fleet.store_tables import results, runs

        def read(connection: Connection) -> list[Run]:
            wanted = select(runs).order_by(runs.c.started.desc(), runs.c.run.desc())
            names = select(results.c.run, results.c.workspace).order_by(results.c.place)
            if run is not None:
                wanted, names = wanted.where(runs.c.run == run), names.where(results.c.run == run)
            workspaces: dict[str, list[str]] = {}
            for row in connection.execute(names):
                workspaces.setdefault(row.run, []).append(row.workspace)
            return [
                Run(r.run, datetime.fromisoformat(r.started), r.dashlint, tuple(workspaces.get(r.run, ())))
                for r in connection.execute(wanted)
            ]

        return self._read(read, [])

    def _results(self, run: str, workspace: str | None, *, only_new: bool = False) -> dict[str, Result]:
        from sqlalchemy import select

        from dashlint.fleet.store_tables import findings, results

        def read(connection: Connection) -> dict[str, Result]:
            wanted = select(results).where(results.c.run == run, results.c.state != WAITING)
            listed = select(findings).where(findings.c.run == run)
            if only_new:
                listed = listed.where(findings.c.is_new == 1)
            if workspace is not None:
                wanted = wanted.where(results.c.workspace == workspace)
                listed = listed.where(findings.c.workspace == workspace)
            found: dict[str, list[Known]] = {}
            for f in connection.execute(listed.order_by(findings.c.workspace, findings.c.number)):
                found.setdefault(f.workspace, []).append(known(f))
            rows = connection.execute(wanted.order_by(results.c.place))
            return {row.workspace: result_of(row, tuple(found.get(row.workspace, ()))) for row in rows}

        return self._read(read, {})

    def _read(self, read: Callable[[Connection], _T], nothing: _T) -> _T:
        """What is there; nothing where no run has begun, and so there are no tables."""
        if self._missing:
            from sqlalchemy import inspect

            with self._told():
                self._missing = not inspect(self._engine).has_table("dashlint_fleet_findings")
            if self._missing:
                return nothing
        return self._transaction(read)

    def _transaction(self, work: Callable[[Connection], _T]) -> _T:
        from sqlalchemy.exc import OperationalError

        for number in range(_TRIES - 1):
            try:
                with self._engine.begin() as connection:
                    return work(connection)
            except OperationalError:
                time.sleep(random.uniform(0.1, 0.5) * 2**number)  # noqa: S311 no secret
        with self._told(), self._engine.begin() as connection:
            return work(connection)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turns the errors of a database into a sentence. Their own texts hold addresses."""
        from sqlalchemy.exc import DBAPIError, IntegrityError

        try:
            yield
        except IntegrityError:
            raise
        except DBAPIError as error:
            original = type(error.orig).__name__ if error.orig is not None else type(error).__name__
            raise CatalogError(
                "unreachable",
                f"the store {self.label} cannot be used ({original}): is the database there, and may the "
                "account create tables and write?",
            ) from None
