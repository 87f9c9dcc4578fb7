"""From options to a running Superset."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dashlint.records import NamedTuple

if TYPE_CHECKING:
    from dashlint.sources.rest import Server


class ServerOptions(NamedTuple):
    """How to reach a server; without ``url``, none is asked. ``max_download`` is in MiB."""

    url: str | None = None
    username: str | None = None
    provider: str = "db"
    ca_bundle: Path | None = None
    insecure: bool = False
    dashboards: tuple[str, ...] = ()
    published_only: bool = False
    timeout: float = 60.0
    indexes: bool = True
    max_pages: int = 1000
    max_download: int = 1024
    cache: Path | None = None


def server_url(url: str | None, sources: Sequence[Path] | None) -> str | None:
    """The server that is meant: sources on the command line count more than DASHLINT_URL."""
    return url or (None if sources else os.environ.get("DASHLINT_URL"))


@contextmanager
def server_only(server: ServerOptions) -> Iterator[Server]:
    """Logs in to a server, and reads nothing yet.

    Raises:
        SourceError: the server cannot be reached, or refuses the login.
    """
    from dashlint.sources.rest import Credentials, ServerRequest, open_server

    assert server.url, "an address was given"
    credentials = Credentials.from_environment(
        username=server.username, provider=server.provider, ask_password=ask_password
    )
    request = ServerRequest(
        url=server.url,
        ca_bundle=str(server.ca_bundle) if server.ca_bundle else None,
        insecure=server.insecure,
        dashboards=server.dashboards,
        published_only=server.published_only,
        timeout=server.timeout,
        max_pages=server.max_pages,
        max_download=server.max_download * 2**20,
        cache=server.cache,
    )
    with open_server(request, credentials) as opened_one:
        yield opened_one


def ask_password(username: str) -> str | None:
    """What a person at a terminal types; None where nobody is there, or nobody wants to say."""
    if not _is_terminal():
        return None
    import getpass

    try:
        return getpass.getpass(f"Password of {username}: " if username else "Password: ")
    except EOFError:
        return None  # Ctrl-D: nobody wants to say


def _is_terminal() -> bool:
    return sys.stdin.isatty()
