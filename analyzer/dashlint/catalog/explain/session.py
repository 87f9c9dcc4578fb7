"""A connection for plans: many short transactions, all of them read-only and rolled back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dashlint.catalog.explain.model import ExplainError
from dashlint.catalog.live import failures

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dashlint.catalog.live.address import Address

#: Seconds to wait for a lock. Planning takes the weakest there is (PostgreSQL manual, ACCESS SHARE), which
#: only somebody who alters the table keeps from us: rather without this plan than in that queue.
LOCK_TIMEOUT = 2.0


class Session:
    """Runs what explainers ask. ``timeout`` is in seconds, for each statement."""

    def __init__(self, connection: Connection, address: Address, timeout: float) -> None:
        self._connection = connection
        self._address = address
        self._driver = address.url.get_driver_name()
        self.database = address.url.database
        self._timeout = timeout

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """A read-only transaction, rolled back at the end: locks are held no longer than a plan takes.

        Raises:
            ExplainError: something in it failed.
        """
        from sqlalchemy.exc import SQLAlchemyError

        try:
            try:
                self._begin()
                yield
            finally:
                self._connection.rollback()
        except SQLAlchemyError as error:
            raise self._failure(error) from None

    def _begin(self) -> None:
        limit = max(1, round(self._timeout * 1000))
        waiting = max(1, round(min(self._timeout, LOCK_TIMEOUT) * 1000))
        if self._address.backend == "postgres":
            # All at once: a database may be far away, and there is a transaction for each plan.
            self.run(
                "SELECT pg_catalog.set_config('transaction_read_only', 'on', true), "
                f"pg_catalog.set_config('statement_timeout', '{limit}', true), "
                f"pg_catalog.set_config('lock_timeout', '{waiting}', true)"
            )
            return
        if "mariadb" in str(self.value("SELECT VERSION()")).lower():
            self.run(f"SET SESSION max_statement_time = {limit / 1000}")
        else:
            self.run(f"SET SESSION max_execution_time = {limit}")
        self.run(f"SET SESSION lock_wait_timeout = {max(1, waiting // 1000)}")
        self.run("START TRANSACTION READ ONLY")

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part of a transaction that may fail: it goes on behind it.

        Raises:
            ExplainError: something in it failed.
        """
        from sqlalchemy.exc import SQLAlchemyError

        self.run("SAVEPOINT dashlint")
        try:
            yield
        except (SQLAlchemyError, ExplainError) as error:
            self.run("ROLLBACK TO SAVEPOINT dashlint")
            raise (error if isinstance(error, ExplainError) else self._failure(error)) from None
        self.run("RELEASE SAVEPOINT dashlint")

    def run(self, sql: str) -> None:
        """A statement without a result."""
        self._connection.execution_options(no_parameters=True).exec_driver_sql(sql)

    def value(self, sql: str) -> Any:
        """The first value of the result of a statement that is sent as it is, per cent signs and all."""
        return self._connection.execution_options(no_parameters=True).exec_driver_sql(sql).scalar()

    @property
    def one_at_a_time(self) -> bool:
        """Whether the server refuses more than one statement in what :meth:`answer` sends.

        psycopg can use the extended protocol, in which there is only one (PostgreSQL manual, 55.2.3); PyMySQL
        does not ask for CLIENT.MULTI_STATEMENTS. psycopg2 and mysqlclient send whatever they get.
        """
        return self._driver in ("psycopg", "pymysql")

    def answer(self, sql: str) -> Any:
        """The first value of the result of somebody else's statement.

        Raises:
            ExplainError: it failed.
        """
        if self._driver != "psycopg":
            return self.value(sql)
        import psycopg

        connection: Any = self._connection.connection
        try:
            # A binary result is what makes psycopg use the extended protocol.
            row = connection.cursor().execute(sql, binary=True).fetchone()
        except psycopg.Error as error:
            raise self._failure(error) from None
        return row[0] if row is not None else None

    def rows(self, sql: str, /, **values: Any) -> list[Mapping[str, Any]]:
        """The rows of a query with ``%(name)s`` parameters; the names of columns are in lower case."""
        if values:
            found = self._connection.execution_options(no_parameters=False).exec_driver_sql(sql, values)
        else:
            found = self._connection.execution_options(no_parameters=True).exec_driver_sql(sql)
        names = [name.lower() for name in found.keys()]  # noqa: SIM118 it is a Result's method
        return [dict(zip(names, row, strict=True)) for row in found]

    def _failure(self, error: BaseException) -> ExplainError:
        return ExplainError(failures.of_query(error, self._address, self._timeout).message)
