"""Asks a database for plans: ``EXPLAIN``, never ``ANALYZE``, nothing executed and nothing written."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dashlint.catalog.errors import USAGE, CatalogError
from dashlint.catalog.explain.model import Explained, Explainer, ExplainError, Plan, Relation

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dashlint.catalog.live.address import Address


@contextmanager
def connected(
    url: str,
    *,
    password: str | None = None,
    ask_password: Callable[[str], str | None] | None = None,
    timeout: float = 60.0,
) -> Iterator[Explainer]:
    """A database that can be asked for plans.

    Args:
        url: in SQLAlchemy's form: ``postgresql://user@host/database``, ``mysql://…``, ``mariadb://…``.
        password: used where the URL has none.
        ask_password: gets the user's name; called where the server wants a password and there is none.
        timeout: seconds, for the connection and for each statement.

    Raises:
        CatalogError: a wrong URL, an engine whose plans are not read, a missing driver, no connection.
    """
    from sqlalchemy.exc import SAWarning

    from dashlint.catalog.explain.session import Session

    address = address_of(url, password)
    with warnings.catch_warnings():
        # SQLAlchemy warns of versions that it does not know.
        warnings.simplefilter("ignore", SAWarning)
        connection = _open(address, ask_password, timeout)
        try:
            session = Session(connection, address, timeout)
            if address.backend == "postgres":
                from dashlint.catalog.explain.postgres import PostgresExplainer

                yield PostgresExplainer(session)
            else:
                from dashlint.catalog.explain.mysql import MysqlExplainer

                with session.transaction():
                    mariadb = "mariadb" in str(session.value("SELECT VERSION()")).lower()
                yield MysqlExplainer(session, mariadb=mariadb)
        finally:
            connection.close()
            connection.engine.dispose()


def address_of(url: str, password: str | None = None) -> Address:
    """Where a database is that can be asked for plans.

    Raises:
        CatalogError: it is no URL, of an engine whose plans are not read, or a driver is missing.
    """
    from dashlint.catalog.live.address import parse

    engine = url.partition("://")[0].partition("+")[0].lower()
    if engine not in ("postgres", "postgresql", "mysql", "mariadb"):
        # What was given is not repeated: a mistyped URL may begin with anything.
        message = (
            "plans are read from PostgreSQL, MySQL and MariaDB only: the database's URL should begin with "
            "postgresql://, mysql:// or mariadb://"
        )
        raise CatalogError("no-explain", message, exit_code=USAGE)
    return parse(url, password)


def _open(address: Address, ask_password: Callable[[str], str | None] | None, timeout: float) -> Connection:
    from sqlalchemy.exc import SQLAlchemyError

    from dashlint.catalog.live import failures
    from dashlint.catalog.live.opening import engine_for

    try:
        return engine_for(address, timeout).connect()
    except (SQLAlchemyError, OSError, ValueError, TypeError) as error:
        failure = failures.of_connection(error, address, timeout)
    if failure.kind == "wrong-password" and not address.password and ask_password is not None:
        given = ask_password(address.user or "")
        if given:
            return _open(address.with_password(given), None, timeout)
    raise failure


__all__ = [
    "CatalogError",
    "ExplainError",
    "Explained",
    "Explainer",
    "Plan",
    "Relation",
    "address_of",
    "connected",
]
