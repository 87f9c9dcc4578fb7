"""The address of a Superset: what people paste, and what requests are sent to."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from dashlint.sources.errors import USAGE, SourceError

_DEFAULT_PORTS = {"http": 80, "https": 443}

# Pages that people copy from the browser's address bar; what stands before them is the prefix under which
# Superset is served (SUPERSET_APP_ROOT). Routes: superset/views/core.py, dashboard/views.py, FAB's login.
_PAGE = re.compile(
    r"/(?:api/v1|superset/(?:welcome|dashboard|explore)|dashboard/list|chart/list|tablemodelview/list"
    r"|databaseview/list|sqllab|explore|login|swagger|users?|health|version)(?:/.*)?$"
)


class Address(NamedTuple):
    """Where a Superset is served. ``base`` has neither credentials nor a slash at its end.

    ``username`` and ``password`` are those of ``https://user:password@host/``.
    """

    base: str
    username: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return f"Address({self.base!r})"

    @property
    def host(self) -> str:
        """The host, with its port where it is not the usual one: for sentences."""
        return urlsplit(self.base).netloc

    @property
    def is_tls(self) -> bool:
        return self.base.startswith("https://")


def parse(text: str) -> Address:
    """The address in what somebody typed or pasted.

    Raises:
        SourceError: it is not an HTTP address; kind ``not-a-url``.
    """
    text = text.strip()
    shown = _without_credentials(text)
    if not re.match(r"https?://", text, re.IGNORECASE):
        raise SourceError(
            "not-a-url",
            f"{shown!r} is not the address of a Superset: it starts with http:// or https://, "
            "such as https://superset.example.com",
            exit_code=USAGE,
        )
    parts, host, port = _split(text)
    if parts is None or not host or re.search(r"[\s\x00-\x1f\\]", text):
        raise SourceError(
            "not-a-url", f"{shown!r} is not a valid address: check its host and port", exit_code=USAGE
        )
    if "@" in parts.path or ("@" in parts.query + parts.fragment and ("@" in parts.netloc or not parts.path)):
        # What was meant as a password may have become a host or a path: neither is asked, nor shown.
        raise SourceError(
            "not-a-url",
            f"the password in the address of {shown!r} holds a character that ends it: leave it out, and set "
            "DASHLINT_USERNAME and DASHLINT_PASSWORD",
            exit_code=USAGE,
        )
    scheme = parts.scheme.lower()
    netloc = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS[scheme]:
        netloc = f"{netloc}:{port}"
    path = _PAGE.sub("", parts.path.rstrip("/")).rstrip("/")
    return Address(
        f"{scheme}://{netloc}{path}",
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
    )


def _split(text: str) -> tuple[SplitResult | None, str | None, int | None]:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
        (host or "").encode("idna")
    except ValueError:  # UnicodeError is one
        return None, None, None
    return parts, host, port


def same_server(url: str, other: str) -> bool:
    """Whether a secret meant for ``url`` may be sent to ``other``.

    Yes on the same scheme, host and port, and on the step from http to https where both have
    their usual ports. Another port is another server: anybody may run one there.
    """
    try:
        first, second = _origin(url), _origin(other)
    except ValueError:
        return False
    if first == second:
        return True
    return first == ("http", second[1], 80) and second[0] == "https" and second[2] == 443


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError(url)
    return scheme, parts.hostname.rstrip(".").lower(), parts.port or _DEFAULT_PORTS[scheme]


def _without_credentials(text: str) -> str:
    # Passwords may hold an @ or a slash of their own: everything before the last @ goes.
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text)
    start = scheme.group() if scheme else ""
    return start + text[len(start) :].rpartition("@")[2] if "@" in text else text
