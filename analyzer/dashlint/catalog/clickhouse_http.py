"""ClickHouse's HTTP interface: where the server is, one query, and what went wrong in one sentence.

Source: clickhouse.com/docs/interfaces/http (query in the body, account in the headers
``X-ClickHouse-User`` and ``X-ClickHouse-Key``, ``wait_end_of_query``, ``X-ClickHouse-Exception-Code``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from dashlint.catalog.errors import UNREACHABLE, UNUSABLE, USAGE, CatalogError

if TYPE_CHECKING:
    import requests

#: ``clickhouse`` and ``clickhousedb`` as Superset writes them, with the drivers that speak HTTP
#: (clickhouse-sqlalchemy: http, https; clickhouse-connect: connect).
SCHEMES = frozenset(
    {
        "clickhouse",
        "clickhouse+http",
        "clickhouse+https",
        "clickhouse+connect",
        "clickhousedb",
        "clickhousedb+connect",
    }
)
_NATIVE = frozenset({"clickhouse+native", "clickhouse+asynch"})
_HTTP_PORT, _HTTPS_PORT = 8123, 8443  # clickhouse.com/docs/interfaces/http
_URL = re.compile(
    r"(?P<scheme>[\w+]+)://(?:(?P<user>[^:/]*)(?::(?P<password>[^@]*))?@)?"
    r"(?P<host>\[[^\]/?]+\]|[^:/?@]*)(?::(?P<port>\d+))?(?:/(?P<database>[^?]*))?(?:\?(?P<query>.*))?",
    re.DOTALL,
)
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off", "none"})

# src/Common/ErrorCodes.cpp of ClickHouse.
_WRONG_LOGIN = frozenset({192, 193, 194, 516})
_NO_RIGHTS = frozenset({291, 497})
_TIMEOUT = frozenset({159, 160, 209})
_MISSING = frozenset({47, 60})  # a column or table that this version does not have
_SETTINGS = frozenset({115, 164, 452})  # the account may not change settings, or there is none such
_LONGEST = 200


@dataclass(frozen=True, repr=False)
class Server:
    """A server and an account. Only ``label`` is fit to be shown."""

    base: str
    label: str
    user: str | None = None
    password: str | None = None
    database: str | None = None
    verify: bool | str = True
    secrets: tuple[str, ...] = field(default=())

    def __repr__(self) -> str:
        return f"Server({self.label!r})"


def parse(url: str, password: str | None = None) -> Server:
    """The server that a URL means.

    HTTPS is spoken where the URL asks for it (``secure=true``, ``protocol=https``,
    ``clickhouse+https``) or names port 443 or 8443, as clickhouse-connect does
    (``driver/__init__.py:create_client``).

    Args:
        url: as Superset writes it, ``clickhousedb://user:password@host:8123/database``.
        password: taken where the URL has none.

    Raises:
        CatalogError: it is no URL of ClickHouse, or one of its native protocol.
    """
    scheme = url.strip().partition("://")[0].lower()
    if scheme in _NATIVE:
        message = (
            "ClickHouse's catalog is read over HTTP: give the URL as clickhouse://user@host:8123/database "
            "instead of the native protocol's"
        )
        raise CatalogError("unreadable-url", message, exit_code=USAGE)
    found = _URL.fullmatch(url.strip())
    if scheme not in SCHEMES or found is None or not found["host"]:
        message = (
            "the ClickHouse URL cannot be read: write clickhouse://user:password@host:8123/database, with "
            "special characters in it as %40 for @, %2F for /, %3A for :"
        )
        raise CatalogError("unreadable-url", message, exit_code=USAGE)
    options = {key.lower(): values[-1] for key, values in parse_qs(found["query"] or "").items()}
    port = int(found["port"]) if found["port"] else None
    encrypted = (
        scheme.endswith("https")
        or options.get("protocol", "").lower() == "https"
        or options.get("secure", "").lower() in _TRUE
        or port in {443, _HTTPS_PORT}
    )
    host = found["host"]
    database = unquote(found["database"] or "").strip("/") or None
    given = unquote(found["password"]) if found["password"] is not None else password
    secret = given or None
    used = port or (_HTTPS_PORT if encrypted else _HTTP_PORT)
    return Server(
        base=f"{'https' if encrypted else 'http'}://{host}:{used}/",
        label=f"clickhouse://{host}:{used}/{database or ''}",
        user=unquote(found["user"]) if found["user"] else None,
        password=secret,
        database=database,
        verify=_verification(options),
        secrets=tuple({s for s in (secret, found["password"]) if s}),
    )


def _verification(options: dict[str, str]) -> bool | str:
    if options.get("verify", "").lower() in _FALSE:
        return False
    return options.get("ca_cert") or True


class QueryError(Exception):
    """A query that ClickHouse refused; the text is one sentence without secrets."""

    def __init__(self, code: int | None, message: str) -> None:
        super().__init__(message)
        self.code = code

    @property
    def is_missing(self) -> bool:
        """Whether it asked for something that this version of ClickHouse does not have."""
        return self.code in _MISSING


class Client:
    """Asks one server. Nothing can be changed: ``readonly=1``; nothing runs on: ``max_execution_time``."""

    def __init__(self, server: Server, timeout: float) -> None:
        import requests

        self.server = server
        self._timeout = timeout
        self._settings: dict[str, str] = {
            "readonly": "1",
            "max_execution_time": str(max(1, math.ceil(timeout))),
        }
        self._session = requests.Session()
        self._session.auth = lambda request: request  # no account out of .netrc beside ours
        self._session.verify = server.verify
        if server.user:
            self._session.headers["X-ClickHouse-User"] = server.user
        if server.password:
            self._session.headers["X-ClickHouse-Key"] = server.password

    def close(self) -> None:
        self._session.close()

    def rows(self, sql: str) -> Sequence[Sequence[Any]]:
        """The rows of a query.

        Raises:
            QueryError: this query was refused or not finished.
            CatalogError: the server could not be reached or refused the login.
        """
        answer = self._post(sql)
        if self._code(answer) in _SETTINGS and self._settings:
            # An account whose profile is read-only may set nothing, and needs nothing set but a time limit,
            # which our own waiting has.
            self._settings = {}
            answer = self._post(sql)
        code = self._code(answer)
        if answer.status_code != 200 or code is not None:
            raise self._refusal(answer, code)
        try:
            data = answer.json()["data"]
        except (ValueError, KeyError, TypeError):
            message = f"{self.server.label} did not answer as ClickHouse does: check host and port"
            raise CatalogError("unexpected-answer", message, exit_code=UNUSABLE) from None
        return data if isinstance(data, list) else []

    def _post(self, sql: str) -> requests.Response:
        import requests

        label = self.server.label
        try:
            return self._session.post(
                self.server.base,
                params={"wait_end_of_query": "1", **self._settings},
                data=f"{sql} FORMAT JSONCompact".encode(),
                timeout=(min(10.0, self._timeout), self._timeout + 5),
                allow_redirects=False,
            )
        except requests.exceptions.SSLError:
            kind = "untrusted-certificate"
            message = (
                f"the certificate of {label} is not trusted, or it speaks no TLS: name the authority's file "
                "with ca_cert=… in the URL"
            )
        except requests.exceptions.ConnectTimeout:
            kind, message = "timeout", f"{label} did not answer: check host and port, or raise --timeout"
        except requests.exceptions.Timeout:
            message = f"ClickHouse did not finish it within {self._timeout:g} seconds (raise --timeout)"
            raise QueryError(159, message) from None
        except (requests.exceptions.RequestException, OSError, UnicodeError):
            kind = "unreachable"
            message = f"no server answers at {label}: check host and port (HTTP, not the native protocol's)"
        raise CatalogError(kind, message, exit_code=UNREACHABLE) from None

    def _code(self, answer: requests.Response) -> int | None:
        header = answer.headers.get("X-ClickHouse-Exception-Code", "")
        if header.isdigit():
            return int(header)
        found = re.match(r"\s*Code: (\d+)", answer.text[:40]) if answer.status_code != 200 else None
        return int(found[1]) if found else None

    def _refusal(self, answer: requests.Response, code: int | None) -> Exception:
        label = self.server.label
        if code in _WRONG_LOGIN or (code is None and answer.status_code in {401, 403}):
            message = f"{label} refused the login: check the user and the password"
            return CatalogError("wrong-password", message, exit_code=UNREACHABLE)
        if code is None:
            status = f"HTTP {answer.status_code}"
            message = f"{label} answered with {status}, not as ClickHouse does: check host and port"
            return CatalogError("unexpected-answer", message, exit_code=UNUSABLE)
        if code in _NO_RIGHTS:
            return QueryError(code, "this account may not read it (it needs SHOW TABLES and SHOW COLUMNS)")
        if code in _TIMEOUT:
            return QueryError(
                code, f"ClickHouse did not finish it within {self._timeout:g} seconds (raise --timeout)"
            )
        return QueryError(code, f"ClickHouse answered: {self._detail(answer.text)}")

    def _detail(self, text: str) -> str:
        """The first line of what the server says, without secrets."""
        for secret in self.server.secrets:
            text = text.replace(secret, "***")
        line = next((line.strip() for line in text.splitlines() if line.strip()), "nothing")
        line = line.removeprefix("Code: ").partition(" (version ")[0]
        return (line[: _LONGEST - 1] + "…" if len(line) > _LONGEST else line).rstrip(".:")
