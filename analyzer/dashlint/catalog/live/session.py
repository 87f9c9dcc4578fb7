"""One connection with one read-only transaction, in which no query runs longer than allowed."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from dashlint.assets import Problem
from dashlint.catalog.errors import CatalogError
from dashlint.catalog.live import failures
from dashlint.catalog.live.address import parse
from dashlint.catalog.live.opening import ended, engine_for, started

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from dashlint.catalog.live.address import Address
    from dashlint.catalog.live.options import LiveOptions

Row = Mapping[str, Any]
#: Rows that are fetched at a time from a long result.
_AT_ONCE = 1_000


class Session:
    """What readers ask. ``problems`` collects what could not be read.

    ``values`` tells whether values of columns (bounds, common values, histograms) are wanted.
    """

    def __init__(
        self, connection: Connection, address: Address, timeout: float, *, values: bool = True
    ) -> None:
        self.connection = connection
        self.address = address
        self.timeout = timeout
        self.values = values
        self.problems: list[Problem] = []

    def rows(self, sql: str, /, **values: Any) -> list[Row]:
        """The rows of a query, with its ``:name`` parameters filled in. Names are in lower case.

        Raises:
            CatalogError: it failed or took too long.
        """
        from sqlalchemy import bindparam, text
        from sqlalchemy.exc import SQLAlchemyError

        query = text(sql)
        if "IN :schemas" in sql:  # one parameter for each
            query = query.bindparams(bindparam("schemas", expanding=True))
        try:
            result = self.connection.execute(query, values)
            names = [name.lower() for name in result.keys()]  # noqa: SIM118 it is a Result's method
            return [dict(zip(names, row, strict=True)) for row in result]
        except SQLAlchemyError as error:
            raise failures.of_query(error, self.address, self.timeout) from None

    def stream(self, sql: str, /) -> Iterator[Row]:
        """The same, a thousand rows in memory at a time.

        Raises:
            CatalogError: it failed, took too long, or was cut off on the way.
        """
        from sqlalchemy import text
        from sqlalchemy.exc import SQLAlchemyError

        try:
            result = self.connection.execute(text(sql), execution_options={"yield_per": _AT_ONCE})
            names = [name.lower() for name in result.keys()]  # noqa: SIM118 it is a Result's method
            for row in result:
                yield dict(zip(names, row, strict=True))
        except SQLAlchemyError as error:
            raise failures.of_query(error, self.address, self.timeout) from None

    def optional(self, what: str, sql: str, /, **values: Any) -> list[Row] | None:
        """The rows of a query that may fail: then None, and a problem says that ``what`` is not known."""
        if self.address.backend != "postgres":
            return self._attempted(what, sql, values)
        # An error ends PostgreSQL's whole transaction; up to a savepoint it does not.
        self._run("SAVEPOINT dashlint")
        found = self._attempted(what, sql, values)
        self._run("RELEASE SAVEPOINT dashlint" if found is not None else "ROLLBACK TO SAVEPOINT dashlint")
        return found

    def _run(self, statement: str) -> None:
        from sqlalchemy.exc import SQLAlchemyError

        try:
            self.connection.exec_driver_sql(statement)
        except SQLAlchemyError as error:
            raise failures.of_query(error, self.address, self.timeout) from None

    def _attempted(self, what: str, sql: str, values: Mapping[str, Any]) -> list[Row] | None:
        try:
            return self.rows(sql, **values)
        except CatalogError as error:
            if error.kind == "connection-lost":
                raise
            self.problem(
                "partial-catalog", f"{what[:1].upper()}{what[1:]} could not be read: {error.message}."
            )
            return None

    def problem(self, kind: str, message: str) -> None:
        """Note what is missing, as one sentence."""
        self.problems.append(Problem(kind, message, self.address.label))


@contextmanager
def opened(url: str, options: LiveOptions) -> Iterator[Session]:
    """A session at a URL; where the server wants a password and there is none, somebody is asked for it.

    Raises:
        CatalogError: a wrong URL, a missing driver, no connection, or a refused login.
    """
    address = parse(url, options.password)
    with ExitStack() as stack:
        try:
            session = stack.enter_context(connected(address, options.timeout, values=options.values))
        except CatalogError as error:
            if error.kind != "wrong-password" or address.password or options.ask_password is None:
                raise
            password = options.ask_password(address.user or "")
            if not password:
                raise
            known = address.with_password(password)
            session = stack.enter_context(connected(known, options.timeout, values=options.values))
        yield session


@contextmanager
def connected(address: Address, timeout: float, *, values: bool = True) -> Iterator[Session]:
    """A session in a transaction that writes nothing and sees one state of the database.

    Args:
        address: where the database is.
        timeout: seconds to wait for the connection and for each query.
        values: whether values of columns are wanted.

    Raises:
        CatalogError: it could not be reached or refused the login.
    """
    from sqlalchemy.exc import SAWarning

    with warnings.catch_warnings():
        # SQLAlchemy warns of types and versions that it does not know; we read the catalog ourselves.
        warnings.simplefilter("ignore", SAWarning)
        engine = engine_for(address, timeout)
        connection = _connect(engine, address, timeout)
        try:
            _start(connection, address, timeout)
            yield Session(connection, address, timeout, values=values)
        finally:
            ended(connection)
            engine.dispose()


def _connect(engine: Engine, address: Address, timeout: float) -> Connection:
    from sqlalchemy.exc import SQLAlchemyError

    try:
        return engine.connect()
    except (SQLAlchemyError, OSError, ValueError, TypeError, RuntimeError) as error:
        raise failures.of_connection(error, address, timeout) from None


def _start(connection: Connection, address: Address, timeout: float) -> None:
    from sqlalchemy.exc import SQLAlchemyError

    try:
        started(connection, address, timeout)
    except SQLAlchemyError as error:
        raise failures.of_query(error, address, timeout) from None
