"""The URL of a database: which reader and driver it means, and how it may be shown."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING

from dashlint.catalog.errors import USAGE, CatalogError

if TYPE_CHECKING:
    from sqlalchemy import URL

#: Names before ``://`` (and before a ``+driver``) → the module that reads it.
_BACKENDS = {
    "postgres": "postgres",
    "postgresql": "postgres",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlite": "sqlite",
    "duckdb": "duckdb",
}
#: Drivers of each in the order of preference: SQLAlchemy's names, and the modules to import.
#: Only such as take libpq's or MySQL's usual parameters and do not need asyncio.
_DRIVERS = {
    "postgres": (("psycopg", "psycopg"), ("psycopg2", "psycopg2")),
    "mysql": (("pymysql", "pymysql"), ("mysqldb", "MySQLdb"), ("mysqlconnector", "mysql.connector")),
    "sqlite": (("pysqlite", "sqlite3"),),
    "duckdb": (("duckdb", "duckdb_engine"),),
}
#: What SQLAlchemy calls the dialect.
_DIALECTS = {"postgres": "postgresql", "mysql": "mysql", "sqlite": "sqlite", "duckdb": "duckdb"}
_EXTRAS = {"postgres": "postgres", "mysql": "mysql", "sqlite": "live", "duckdb": "duckdb"}
_FILES = frozenset({"sqlite", "duckdb"})
#: Parameters of URLs that hold secrets: libpq's, MySQL drivers', and MotherDuck's.
_SECRETS = frozenset(
    {"password", "passwd", "sslpassword", "passfile", "motherduck_token", "ssl_key_password"}
)


@dataclass(frozen=True, repr=False)
class Address:
    """Where a database is. Only ``label`` is fit to be shown: it holds no account and no parameters."""

    backend: str
    url: URL
    label: str
    secrets: tuple[str, ...] = field(default=())

    def __repr__(self) -> str:
        return f"Address({self.label!r})"

    @property
    def user(self) -> str | None:
        return self.url.username

    @property
    def password(self) -> str | None:
        value = self.url.password
        return None if value is None else str(value)

    @property
    def is_file(self) -> bool:
        return self.backend in _FILES

    def with_password(self, password: str) -> Address:
        return replace(
            self, url=self.url.set(password=password), secrets=(*self.secrets, *_spellings(password))
        )


def parse(url: str, password: str | None = None) -> Address:
    """Understand a URL, and choose the driver: the one it names, else one that is installed.

    Args:
        url: the URL as it is written for SQLAlchemy or Superset, ``postgres://`` too.
        password: taken where the URL of a server has none.

    Raises:
        CatalogError: it is no URL, of another engine, or no driver is installed.
    """
    name, _, _ = url.strip().partition("://")
    dialect, _, driver = name.lower().partition("+")
    backend = _BACKENDS.get(dialect)
    if backend is None:
        # Only a word is repeated: a mistyped URL may begin with anything.
        shown = f" {dialect}" if dialect.isalnum() else ""
        message = (
            f"a live catalog cannot be read from{shown}: the URL should begin with postgresql://, mysql://, "
            "mariadb://, sqlite://, duckdb:// or clickhouse://; other engines' DDL or statistics can be "
            "given as files"
        )
        raise CatalogError("unknown-engine", message, exit_code=USAGE)
    try:
        from sqlalchemy.engine import make_url
        from sqlalchemy.exc import ArgumentError
    except ImportError:
        raise _missing(backend) from None
    try:
        parsed = make_url(url.strip())
    except (ArgumentError, ValueError):
        # Their text holds the URL.
        message = (
            f"this URL cannot be read: write it as {_DIALECTS[backend]}://user:password@host/name, with "
            "special characters in it as %40 for @, %2F for /, %3A for :"
        )
        raise CatalogError("unreadable-url", message, exit_code=USAGE) from None
    parsed = parsed.set(drivername=f"{_DIALECTS[backend]}+{_driver(backend, driver)}")
    if backend == "duckdb":
        parsed = parsed.set(drivername="duckdb")
    address = Address(backend, parsed, _label(dialect, backend, parsed), _secrets(parsed))
    if address.password is None and password and not address.is_file:
        return address.with_password(password)
    return address


def _driver(backend: str, named: str) -> str:
    known = _DRIVERS[backend]
    ordered = sorted(known, key=lambda pair: pair[0] != named)
    for name, module in ordered:
        # Imported, since one that is installed may still not work (psycopg without libpq).
        with suppress(ImportError):
            import_module(module)
            return name
    raise _missing(backend)


def _missing(backend: str) -> CatalogError:
    message = (
        f"reading a live {_DIALECTS[backend]} database needs SQLAlchemy and a driver: "
        f"pip install 'dashlint[{_EXTRAS[backend]}]'"
    )
    return CatalogError("missing-driver", message, exit_code=USAGE)


def _label(dialect: str, backend: str, url: URL) -> str:
    name = "postgresql" if dialect == "postgres" else dialect
    if backend in _FILES:
        return f"{name}:///{(url.database or ':memory:').partition('?')[0]}"
    host = url.host or ""
    place = f"[{host}]" if ":" in host else host
    port = f":{url.port}" if url.port else ""
    return f"{name}://{place}{port}/{url.database or ''}"


def _secrets(url: URL) -> tuple[str, ...]:
    """All that must not be shown, as it is and as it is quoted."""
    found = [] if url.password is None else [str(url.password)]
    for key, value in url.query.items():
        if key.lower() in _SECRETS or "password" in key.lower() or "token" in key.lower():
            found += [value] if isinstance(value, str) else list(value)
    return tuple(spelling for secret in found for spelling in _spellings(secret))


def _spellings(secret: str) -> tuple[str, ...]:
    from urllib.parse import quote, quote_plus

    forms = dict.fromkeys(
        (secret, quote(secret), quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1])
    )
    return tuple(sorted((form for form in forms if form), key=len, reverse=True))
