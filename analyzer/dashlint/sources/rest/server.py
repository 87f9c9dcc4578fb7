"""A Superset as a source: `read_server` for one call, `open_server` to ask more of the same login."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dashlint.assets import Database, Workspace
from dashlint.sources.rest import address
from dashlint.sources.rest.account import Account, read_account
from dashlint.sources.rest.assemble import assemble
from dashlint.sources.rest.client import MAX_PAGES, Client
from dashlint.sources.rest.credentials import Credentials
from dashlint.sources.rest.login import Login
from dashlint.sources.rest.plan import Progress
from dashlint.sources.rest.pull_cache import PullCache
from dashlint.sources.rest.reading import Reading
from dashlint.sources.rest.table_cache import TableCache
from dashlint.sources.rest.tables import TableAnswers, TableName, read_tables
from dashlint.sources.rest.transport import MAX_TOTAL, Transport

_log = logging.getLogger("dashlint")

#: Requests at a time. gunicorn's usual setting for Superset is a few workers with 2-20 threads
#: (docker/entrypoints/run-server.sh: 1 worker with 20): four leave room for the people who use it.
THREADS = 4


@dataclass(frozen=True)
class ServerRequest:
    """What to read from where.

    ``url`` is what a person pasted. ``ca_bundle`` is a PEM file to trust; ``insecure`` checks no
    certificate. ``dashboards`` are ids, uuids, slugs or titles, also with ``*`` and ``?``; empty for all.
    ``timeout`` is in seconds and holds for each answer's beginning; its end may take ten times that.
    ``max_pages`` bounds each list, ``max_download`` (bytes, after decompression) all answers together.
    ``cache`` is a folder for what a pull of everything fetched (:mod:`dashlint.sources.rest.pull_cache`).
    """

    url: str
    ca_bundle: str | None = None
    insecure: bool = False
    dashboards: tuple[str, ...] = ()
    published_only: bool = False
    timeout: float = 60.0
    threads: int = THREADS
    max_pages: int = MAX_PAGES
    max_download: int = MAX_TOTAL
    cache: Path | None = None

    def __repr__(self) -> str:
        # The address may hold a password.
        return f"ServerRequest(dashboards={self.dashboards!r}, published_only={self.published_only!r})"


class Server:
    """A server that answers. Made by :func:`open_server`.

    Attributes:
        client: asks it.
        version: Superset's version, None where it does not tell.
        account: who is logged in.
    """

    def __init__(self, request: ServerRequest, client: Client, pool: Executor) -> None:
        self.request = request
        self.client = client
        self.pool = pool
        self.version = client.version() or client.version_of_page()
        account = read_account(client) if self._tells_accounts else Account()
        self.account = account._replace(username=account.username or client.login.credentials.username)

    @property
    def _tells_accounts(self) -> bool:
        if self.version is None or self.client.login.credentials.way == "session-cookie":
            return True
        return not re.match(r"[0-5]\.|6\.0\b", self.version)

    @property
    def url(self) -> str:
        return self.client.base

    @property
    def requests_sent(self) -> int:
        """HTTP requests so far, login, repeats and redirects included."""
        return self.client.transport.sent

    def read(self, progress: Progress | None = None) -> Workspace:
        """Everything that was asked for and that the account may see.

        Raises:
            SourceError: nothing could be read.
        """
        wanted = self.request
        reading = Reading(self.client, self.account, self.pool, progress or _silent, self._cache())
        if wanted.dashboards or wanted.published_only:
            plan = reading.chosen(wanted.dashboards, published_only=wanted.published_only)
        else:
            plan = reading.everything()
        return assemble(plan, self.version)

    def _cache(self) -> PullCache | None:
        folder = self.request.cache
        if folder is None:
            return None
        if self.account.username is None or self.account.permissions is None:
            _log.warning(
                "--cache is not used: this server does not say whose login this is and what it may do, as "
                "Superset does from 6.1 on"
            )
            return None
        return PullCache(folder, self.url, self.account)

    def read_tables(
        self,
        wanted: Iterable[tuple[Database, TableName]],
        *,
        cache: TableCache | None = None,
        progress: Progress | None = None,
    ) -> TableAnswers:
        """Columns and indexes of physical tables: see :func:`dashlint.sources.rest.tables.read_tables`."""
        return read_tables(self, wanted, cache=cache, progress=progress)


@contextmanager
def open_server(request: ServerRequest, credentials: Credentials) -> Iterator[Server]:
    """Log in, and keep the connection for as long as it is needed.

    Raises:
        SourceError: the address makes no sense, nobody answers there, or the login is refused.
    """
    where = address.parse(request.url)
    credentials = credentials.with_login(where.username, where.password)
    credentials.require_complete()
    if request.insecure and where.is_tls:
        _log.warning(
            "INSECURE: the certificate of %s is not checked. Whoever is between here and there can read the "
            "login and change the answers; --ca-bundle FILE trusts one more issuer instead.",
            where.host,
        )
    transport = Transport(
        timeout=request.timeout,
        ca_bundle=request.ca_bundle,
        insecure=request.insecure,
        connections=request.threads + 1,
        max_total=request.max_download,
    )
    pool = ThreadPoolExecutor(request.threads, thread_name_prefix="dashlint-rest")
    try:
        client = Client(
            where, transport, Login(transport, where.base, credentials), max_pages=request.max_pages
        )
        yield Server(request, client, pool)
    finally:
        # After an error, or Ctrl-C, nobody waits for answers that nobody wants any more.
        pool.shutdown(wait=False, cancel_futures=True)
        transport.close()


def read_server(
    request: ServerRequest, credentials: Credentials, progress: Progress | None = None
) -> Workspace:
    """Read a running Superset.

    Args:
        request: what to read from where.
        credentials: what to log in with; those in the address serve where these are none.
        progress: told what is being read, how much of it is done, and of how much; from several threads.

    Returns:
        The assets that the account may see, as they would be in an export, with the ids, owners and
        publication states that exports lack. What it may not see is among the problems.

    Raises:
        SourceError: nothing could be read.
    """
    with open_server(request, credentials) as server:
        return server.read(progress)


def _silent(_what: str, _done: int, _total: int | None) -> None:
    pass
