"""Catalogs of live databases, by SQLAlchemy URL: what their own catalogs say, never their data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dashlint.catalog.errors import UNUSABLE, USAGE, CatalogError
from dashlint.catalog.live.options import TIMEOUT, LiveOptions

if TYPE_CHECKING:
    from dashlint.assets import Problem
    from dashlint.catalog.live.address import Address
    from dashlint.catalog.model import Catalog

#: Engines that are read without SQLAlchemy, and so without a driver.
_OVER_HTTP = frozenset({"clickhouse", "clickhousedb"})


def is_url(text: str) -> bool:
    """Whether a catalog is given as a database's URL and not as a path."""
    return "://" in text


def holds_secret(url: str) -> bool:
    """Whether a URL has a password in it: before the host, or as a parameter."""
    import re

    place, _, query = url.partition("?")
    return bool(
        re.search(r"://[^@]*:[^@]+@", place)
        or re.search(r"(^|&)[^=&]*(password|passwd|token)[^=&]*=", query, re.IGNORECASE)
    )


def read(url: str, options: LiveOptions | None = None) -> tuple[Catalog, tuple[Problem, ...]]:
    """Read a database's catalog, in one read-only transaction.

    Args:
        url: SQLAlchemy's form (``postgresql://user:password@host/database``), also with
            another driver's name than the one that is installed.
        options: what to read, and how long to wait.

    Returns:
        The catalog, and a Problem, one sentence, for each kind of fact that could not be read.

    Raises:
        CatalogError: nothing could be read: a wrong URL, a missing driver, no connection, a
            refused login, no answer in time, a schema that is not there.
    """
    from dashlint.catalog.live.values import without_values
    from dashlint.catalog.model import Catalog

    options = options or LiveOptions()
    scheme = url.strip().partition("://")[0].partition("+")[0].lower()
    found, problems = (_over_http if scheme in _OVER_HTTP else _over_sqlalchemy)(url, options)
    if not options.values:
        found = without_values(found)
    return (
        Catalog(
            found.tables, engine=found.engine, database=options.database, source=found.source, url=found.url
        ),
        tuple(problems),
    )


def _over_sqlalchemy(url: str, options: LiveOptions) -> tuple[Catalog, Sequence[Problem]]:
    from importlib import import_module

    from dashlint.catalog.live.session import opened
    from dashlint.catalog.model import Catalog

    with opened(url, options) as session:
        address = session.address
        reader = import_module(f"dashlint.catalog.live.{address.backend}")
        known: Sequence[str] = reader.schemas(session)
        wanted = _chosen(known, options.schemas or reader.default_schemas(session, known), address)
        tables = reader.tables(session, wanted)
        engine: str = reader.engine(session)
    if not tables:
        raise CatalogError("empty-catalog", _nothing(address, wanted), exit_code=UNUSABLE)
    return Catalog(tables, engine=engine, source=address.label, url=address.label), session.problems


def _over_http(url: str, options: LiveOptions) -> tuple[Catalog, Sequence[Problem]]:
    from dashlint.catalog import clickhouse
    from dashlint.catalog.clickhouse_http import parse

    server = parse(url, options.password)
    try:
        return clickhouse.read(
            url, timeout=options.timeout, schemas=options.schemas, password=options.password
        )
    except CatalogError as error:
        if error.kind != "wrong-password" or server.password or options.ask_password is None:
            raise
        password = options.ask_password(server.user or "")
        if not password:
            raise
        return clickhouse.read(url, timeout=options.timeout, schemas=options.schemas, password=password)


def _chosen(known: Sequence[str], wanted: Sequence[str], address: Address) -> tuple[str, ...]:
    folded = {name.casefold(): name for name in known}
    missing = [name for name in wanted if name not in known and name.casefold() not in folded]
    if missing:
        there = f"there are {', '.join(known)}" if known else "there are none"
        message = f"{address.label} has no schema {missing[0]!r} that this account can see; {there}"
        raise CatalogError("missing-schema", message, exit_code=USAGE)
    return tuple(dict.fromkeys(name if name in known else folded[name.casefold()] for name in wanted))


def _nothing(address: Address, schemas: Sequence[str]) -> str:
    where = f" in {', '.join(schemas)}" if schemas else ""
    return f"{address.label} shows this account no table{where}: check the database and the account's rights"


__all__ = ["TIMEOUT", "CatalogError", "LiveOptions", "holds_secret", "is_url", "read"]
