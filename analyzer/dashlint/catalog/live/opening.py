"""How each engine is connected to and told to write nothing and to stop in time."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from dashlint.catalog.errors import CatalogError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from dashlint.catalog.live.address import Address

#: SQLite asks after so many of its instructions whether to go on: far below a millisecond's work.
_SQLITE_STEPS = 10_000


def engine_for(address: Address, timeout: float) -> Engine:
    """An engine without a pool, whose connections give up after ``timeout`` seconds.

    Raises:
        CatalogError: the file of a database is not there.
    """
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import NullPool

    details: dict[str, Any] = {"poolclass": NullPool, "hide_parameters": True}
    if address.is_file:
        path = _file(address)
        if address.backend == "sqlite":
            return create_engine("sqlite://", creator=lambda: _sqlite(path, timeout), **details)
        return create_engine(address.url, connect_args={"read_only": True}, **details)
    if address.backend == "postgres":
        # Else SQLAlchemy asks for the types of hstore with each connection.
        details["use_native_hstore"] = False
    engine = create_engine(address.url, connect_args=_arguments(address, timeout), **details)
    if address.backend == "postgres":
        # SQLAlchemy's own first queries have to end in time as well. Only for this transaction: behind a
        # pooler the server's connection is somebody else's afterwards.
        limit = f"SET LOCAL statement_timeout = {_milliseconds(timeout)}"
        event.listen(engine, "connect", lambda driver, _: driver.cursor().execute(limit), insert=True)
    return engine


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))


def _arguments(address: Address, timeout: float) -> dict[str, Any]:
    seconds = max(1, round(timeout))
    driver = address.url.get_driver_name()
    if driver == "mysqlconnector":
        return {"connection_timeout": seconds}
    if driver == "pymysql":
        # Beyond the server's own limit, in case that the server does not answer at all.
        return {"connect_timeout": seconds, "read_timeout": seconds + 5}
    return {"connect_timeout": seconds, **({"application_name": "dashlint"} if "psycopg" in driver else {})}


def _file(address: Address) -> Path:
    name = address.url.database
    if not name or name == ":memory:":
        message = f"{address.label} is a database in memory, which holds nothing: name its file"
        raise CatalogError("missing-database", message)
    # Also SQLite's own form, ``sqlite:///file:warehouse.db?mode=ro&uri=true``.
    path = Path(name.removeprefix("file:").partition("?")[0])
    if not path.is_file():
        raise CatalogError("missing-database", f"there is no database file {path}")
    return path


def _sqlite(path: Path, timeout: float) -> Any:
    import sqlite3

    # uri: only so can SQLite be told never to write, nor to make a file that is not there.
    connection = sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True, timeout=timeout)
    limit = time.monotonic() + timeout
    connection.set_progress_handler(lambda: int(time.monotonic() > limit), _SQLITE_STEPS)
    return connection


def started(connection: Connection, address: Address, timeout: float) -> None:
    """Begin the one read-only transaction."""
    milliseconds = _milliseconds(timeout)
    run = connection.exec_driver_sql
    if address.backend == "postgres":
        # One state for all queries; and texts that do not depend on the account's settings.
        run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        run(f"SET LOCAL statement_timeout = {milliseconds}")
        # 5 of the usual 60 seconds for a lock: what others work on is left out before it holds the rest up.
        run(f"SET LOCAL lock_timeout = {max(1, milliseconds // 12)}")
        for setting in (
            "search_path = ''",
            "datestyle = 'ISO, YMD'",
            "intervalstyle = 'iso_8601'",
            "timezone = 'UTC'",
            "bytea_output = 'hex'",
        ):
            run(f"SET LOCAL {setting}")
    elif address.backend == "mysql":
        version = str(run("SELECT VERSION()").scalar() or "")
        if "mariadb" in version.lower():
            run(f"SET SESSION max_statement_time = {milliseconds / 1000}")
        else:
            run(f"SET SESSION max_execution_time = {milliseconds}")
        connection.rollback()
        run("START TRANSACTION READ ONLY, WITH CONSISTENT SNAPSHOT")
    elif address.backend == "duckdb":
        _interrupt_after(connection, timeout)


def _interrupt_after(connection: Connection, timeout: float) -> None:
    """DuckDB has no limit of its own: a clock interrupts it."""
    driver: Any = connection.connection.dbapi_connection
    inner = getattr(driver, "_ConnectionWrapper__c", driver)
    clock = threading.Timer(timeout, inner.interrupt)
    clock.daemon = True
    clock.start()
    connection.info["dashlint_clock"] = clock


def ended(connection: Connection) -> None:
    """End the transaction; nothing was written."""
    clock = connection.info.pop("dashlint_clock", None)
    if clock is not None:
        clock.cancel()
    from sqlalchemy.exc import SQLAlchemyError

    with suppress(SQLAlchemyError):  # where the connection was lost, what is to be told is why
        connection.rollback()
    with suppress(SQLAlchemyError):
        connection.close()
