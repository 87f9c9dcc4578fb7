"""The address of a database that keeps results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashlint.lint.config import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

#: Seconds that SQLite waits for another process to finish writing.
_SQLITE_WAIT = 60


def connect(url: str) -> tuple[Engine, str]:
    """An engine, which connects when it is used, and what messages may call the place: without a password.

    Raises:
        ConfigError: it is no address that SQLAlchemy understands, or SQLAlchemy or the driver is missing.
    """
    try:
        from sqlalchemy import create_engine
        from sqlalchemy.engine import make_url
        from sqlalchemy.exc import ArgumentError, NoSuchModuleError
    except ImportError:
        raise ConfigError(
            "keeping results in a database needs SQLAlchemy: pip install 'dashlint[live]'"
        ) from None
    try:
        parsed = make_url(url.strip())
        parsed = _with_driver(url, parsed)
        details: dict[str, Any] = {"hide_parameters": True, "pool_pre_ping": True}
        if parsed.get_backend_name() == "sqlite":
            details["connect_args"] = {"timeout": _SQLITE_WAIT}
        elif parsed.get_backend_name() in ("postgresql", "mysql", "mariadb"):
            # MariaDB's default, REPEATABLE READ, locks gaps between rows: workspaces would wait for others.
            details["isolation_level"] = "READ COMMITTED"
        return create_engine(parsed, **details), _label(parsed)
    except (ArgumentError, NoSuchModuleError, ValueError):
        # Their text holds the URL.
        raise ConfigError(
            "--store: this is no address of a database: write it as postgresql://user@host/name, with "
            "special characters in it as %40 for @, %2F for /, %3A for :"
        ) from None
    except ImportError as error:
        raise ConfigError(f"--store: the driver of this database is not installed ({error.name})") from None


def _with_driver(url: str, parsed: URL) -> URL:
    """The URL with the driver that is installed, where it names none and dashlint knows the engine."""
    from dashlint.catalog.live import address

    if parsed.get_backend_name() in ("postgresql", "mysql", "mariadb") and "+" not in parsed.drivername:
        return address.parse(url).url
    return parsed


def _label(url: URL) -> str:
    host = f"{url.host or ''}{f':{url.port}' if url.port else ''}"
    return f"{url.get_backend_name()}://{host}/{url.database or ''}"
