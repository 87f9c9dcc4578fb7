"""Where a database is, by its URL: host, port and name, never the account or parameters."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

# Dialects that speak of the same engine, so that a catalog of one serves a database of the other.
_FAMILIES = {
    "postgres": "postgresql",
    "mariadb": "mysql",
    "clickhousedb": "clickhouse",
    "motherduck": "duckdb",
    "pydoris": "doris",
}
#: Ports that are meant where none is written: each server's documentation.
_PORTS = {
    "postgresql": 5432,
    "mysql": 3306,
    "clickhouse": 8123,
    "redshift": 5439,
    "mssql": 1433,
    "oracle": 1521,
    "trino": 8080,
    "presto": 8080,
    "starrocks": 9030,
    "doris": 9030,
    "hive": 10000,
    "cockroachdb": 26257,
    "vertica": 5433,
}
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104  compared, not bound
_FILES = frozenset({"sqlite", "duckdb"})
_ACCOUNT = re.compile(r"^[^:/]*(?::[^@]*)?@")
_PARTS = re.compile(r"(?P<host>\[[^\]]*\]|[^:/]*)(?::(?P<port>\d+))?(?:/(?P<database>.*))?", re.DOTALL)


def family(engine: str | None) -> str | None:
    """The engine's name by which catalogs are matched."""
    if engine is None:
        return None
    name = engine.lower().split("+", 1)[0]
    return _FAMILIES.get(name, name)


class Place(NamedTuple):
    """``database`` is a file's path for engines that keep a database in one."""

    engine: str
    host: str
    port: int | None
    database: str | None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = f":{self.port}" if self.port is not None else ""
        return f"{self.engine}://{host}{port}/{self.database or ''}"


def place_of(url: str | None) -> Place | None:
    """Where the database of a URL is; None if it is no URL. Accounts and parameters are left out.

    The account ends where SQLAlchemy ends it (``engine/url.py:_parse_url``), and after further ``@``, so that
    no part of a password that should have been quoted ends up in the place.
    """
    scheme, separator, rest = (url or "").strip().partition("://")
    engine = family(scheme)
    if not separator or not engine or not re.fullmatch(r"[\w.]+", engine):
        return None
    if engine in _FILES and rest.startswith("/"):
        return Place(engine, "", None, unquote(rest[1:].partition("?")[0]) or None)
    without = _ACCOUNT.sub("", rest, count=1).partition("?")[0]
    found = _PARTS.fullmatch(without.rpartition("@")[2])
    if found is None:
        return None
    database = unquote(found["database"] or "").strip("/")
    # Snowflake and Trino: database (catalog), then schema.
    first = database.partition("/")[0] if engine not in _FILES else database
    port = int(found["port"]) if found["port"] else _PORTS.get(engine)
    host = found["host"].strip("[]").casefold()
    return Place(engine, host, port, first or None)


def same_place(one: Place | None, other: Place | None) -> bool | None:
    """Whether two URLs mean the same database; None where that cannot be told.

    The same name on another host may well be the same database: behind a tunnel, in a container, by
    another name of the host. Another name is another database.
    """
    if one is None or other is None:
        return None
    if one.engine != other.engine:
        return False
    if one.database and other.database and one.database.casefold() != other.database.casefold():
        return False
    if not one.database or not other.database:
        return None
    return True if (_host(one), one.port) == (_host(other), other.port) else None


def _host(place: Place) -> str:
    return "localhost" if place.host in _LOCAL else place.host
