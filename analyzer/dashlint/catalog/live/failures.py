"""What drivers and servers say when something fails → one sentence that holds no secret."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dashlint.catalog.errors import UNREACHABLE, UNUSABLE, USAGE, CatalogError

if TYPE_CHECKING:
    from dashlint.catalog.live.address import Address

# SQLSTATE (PostgreSQL manual, appendix A), and error numbers of MySQL and MariaDB (their server and client
# error references) → our kind.
_CODES = {
    **dict.fromkeys(("28P01", "28000", "1045", "1698", "1130", "1251"), "wrong-password"),
    **dict.fromkeys(("3D000", "1049"), "missing-database"),
    **dict.fromkeys(("57014", "1969", "3024", "1317"), "timeout"),
    **dict.fromkeys(("55P03", "1205"), "locked"),
    **dict.fromkeys(("42501", "1044", "1142", "1143", "1227"), "no-rights"),
    **dict.fromkeys(("2002", "2003", "2005"), "unreachable"),
    **dict.fromkeys(("08006", "08003", "57P01", "57P02", "2006", "2013", "2055"), "connection-lost"),
    **dict.fromkeys(("53300", "57P03", "1040"), "busy"),
}
_NO_HOST = r"could not translate host name|failed to resolve host|getaddrinfo|Name or service not known"
# Where there is no code: while connecting, libpq gives only a text; SQLite and DuckDB never give one.
_TEXTS = (
    (r"password authentication failed|no password supplied|no pg_hba\.conf entry", "wrong-password"),
    (r"authentication failed|Access denied|role \".*\" does not exist", "wrong-password"),
    (r"database \".*\" does not exist|Unknown database", "missing-database"),
    (r"Connection refused|No such file or directory|Network is unreachable|No route to host", "unreachable"),
    (r"tim(e|ed) ?out", "timeout"),
    (r"not a database|not a valid DuckDB database|file is encrypted|in-memory database", "not-a-database"),
    (r"invalid (connection|URI query) (option|parameter)|unexpected keyword|invalid dsn", "unreadable-url"),
    (r"interrupted|INTERRUPT", "timeout"),
    (r"database is locked|Could not set lock", "locked"),
    (r"terminat|connection .*closed|server closed|lost connection", "connection-lost"),
    (r"too many (clients|connections)|starting up", "busy"),
    (r"unable to open database file|Permission denied|permission denied", "no-rights"),
)
_EXIT_CODES = {"not-a-database": UNUSABLE, "unreadable-url": USAGE}
_AUTHORITY = re.compile(r"//[^/\s@]*@")
_LONGEST = 200


def of_connection(error: BaseException, address: Address, timeout: float) -> CatalogError:
    """A connection that was not made."""
    kind = _kind(error)
    at = address.label
    sentences = {
        "wrong-password": f"{at} refused the login: check the user and the password (in the URL, or "
        "DASHLINT_DB_PASSWORD)",
        "missing-database": f"there is no database {address.url.database!r} at {at}: check the name",
        "no-host": f"the host of {at} is not known: check its name",
        "unreachable": f"no server answers at {at}: check host and port, and that it is running",
        "timeout": f"{at} did not answer within {timeout:g} seconds: check host and port, or raise --timeout",
        "busy": f"{at} takes no connection now: {detail(error, address)}",
        "locked": f"{at} is in use by a process that keeps others out: {detail(error, address)}",
        "not-a-database": f"{at} is not a database of that engine: {detail(error, address)}",
        "unreadable-url": f"the URL of {at} has a parameter that its driver does not know: "
        f"{detail(error, address)}",
    }
    message = sentences.get(kind) or f"{at} could not be reached: {detail(error, address)}"
    return CatalogError(kind or "unreachable", message, exit_code=_EXIT_CODES.get(kind, UNREACHABLE))


def of_query(error: BaseException, address: Address, timeout: float) -> CatalogError:
    """A query of the catalog that failed. The sentence is part of others, so it names no place."""
    kind = _kind(error)
    sentences = {
        "timeout": f"{address.label} did not finish a query within {timeout:g} seconds (raise --timeout)",
        "locked": f"{address.label} keeps it locked for somebody else",
        "no-rights": f"this account may not read it ({detail(error, address)})",
        "connection-lost": f"the connection to {address.label} was lost",
        "not-a-database": f"{address.label} is not a database of that engine",
    }
    message = sentences.get(kind) or f"{address.label} answered: {detail(error, address)}"
    return CatalogError(kind or "query-failed", message, exit_code=_EXIT_CODES.get(kind, UNREACHABLE))


def detail(error: BaseException, address: Address) -> str:
    """The first line of what a driver says, without secrets and without SQLAlchemy's additions."""
    original = getattr(error, "orig", None) or error
    arguments: tuple[Any, ...] = getattr(original, "args", ())
    # MySQL's drivers: (number, text).
    text = str(arguments[1]) if len(arguments) > 1 and isinstance(arguments[0], int) else str(original)
    for secret in address.secrets:
        text = text.replace(secret, "***")
    text = _AUTHORITY.sub("//***@", text)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    line = lines[0] if lines else type(original).__name__
    return (line[: _LONGEST - 1] + "…" if len(line) > _LONGEST else line).rstrip(".:")


def _kind(error: BaseException) -> str:
    original = getattr(error, "orig", None) or error
    text = str(original)
    if re.search(_NO_HOST, text):  # MySQL's drivers have one number for all that they do not reach
        return "no-host"
    for code in _codes(original):
        if code in _CODES:
            return _CODES[code]
    for pattern, kind in _TEXTS:
        if re.search(pattern, text, re.IGNORECASE):
            return kind
    return ""


def _codes(original: Any) -> list[str]:
    found = [getattr(original, name, None) for name in ("sqlstate", "pgcode")]
    arguments = getattr(original, "args", ())
    if arguments and isinstance(arguments[0], int):
        found.insert(0, str(arguments[0]))
    return [code for code in found if isinstance(code, str)]
