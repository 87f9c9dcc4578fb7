"""A time limit for a whole exchange: requests and urllib3 know limits for single reads only.

A server that sends one byte a second meets every limit of theirs. When time is up, the connection is shut
down below whoever reads from it, in whatever state it is: TLS handshake, headers or body.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    from urllib3.poolmanager import PoolManager, ProxyManager

_current = threading.local()


class Deadline:
    """Ends the exchange of the thread that enters it; a context manager.

    Attributes:
        seconds: how long the exchange may take, as last set.
        over: whether that has passed, and the connection was shut down.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.over = False
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None
        self._timer: threading.Timer | None = None

    def __enter__(self) -> None:
        _current.deadline = self
        self.set(self.seconds)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _current.deadline = None
        with self._lock:
            self._connection = None
            if self._timer is not None:
                self._timer.cancel()

    def set(self, seconds: float) -> None:
        """Count anew, from now on."""
        with self._lock:
            self.seconds = seconds
            if self._timer is not None:
                self._timer.cancel()
            self._timer = threading.Timer(seconds, self._end)
            self._timer.daemon = True
            self._timer.start()

    def attach(self, connection: socket.socket) -> None:
        """What to shut down."""
        with self._lock:
            self._connection = connection
            if self.over:
                _shut(connection)

    def _end(self) -> None:
        with self._lock:
            self.over = True
            if self._connection is not None:
                _shut(self._connection)


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class _Watched(HTTPConnection):
    """A connection that its thread's deadline can shut down.

    Through a second handle: the first one is given away to TLS, which would have to be asked for it.
    """

    _handle: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        made = super()._new_conn()
        self._handle = made.dup()
        self._attach()
        return made

    def request(self, *arguments: Any, **named: Any) -> None:
        self._attach()  # a connection that was kept open
        super().request(*arguments, **named)

    def close(self) -> None:
        super().close()
        if self._handle is not None:
            self._handle.close()
            self._handle = None

    def _attach(self) -> None:
        deadline: Deadline | None = getattr(_current, "deadline", None)
        if deadline is not None and self._handle is not None:
            deadline.attach(self._handle)


class _WatchedTls(_Watched, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTls


class WatchedAdapter(HTTPAdapter):
    """Makes connections that deadlines can end, also through a proxy (but not through SOCKS)."""

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        super().init_poolmanager(*arguments, **named)
        _watch(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **named: Any) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(proxy, **named)
        if not proxy.lower().startswith("socks"):
            _watch(manager)
        return manager


def _watch(manager: PoolManager) -> None:
    pools: Mapping[str, type[HTTPConnectionPool]] = {"http": _Pool, "https": _TlsPool}
    manager.pool_classes_by_scheme = dict(pools)
