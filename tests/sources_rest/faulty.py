"""A proxy on loopback that hands on what a server says, and spoils what a test wants spoilt.

It stands before the small Superset of world.py, or before a real one (tests/live).
"""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

# Of one hop only, or made anew here.
_OF_THE_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


@dataclass(frozen=True)
class Good:
    """What the server really answered."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def with_header(self, name: str, value: str) -> Good:
        kept = tuple((n, v) for n, v in self.headers if n.lower() != name.lower())
        return replace(self, headers=(*kept, (name, value)))

    @property
    def head(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status} Said", *(f"{name}: {value}" for name, value in self.headers)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    @property
    def raw(self) -> bytes:
        """The answer as it goes over the wire, with its length."""
        sized = self
        if not any(name.lower() == "content-length" for name, _ in self.headers):
            sized = self.with_header("Content-Length", str(len(self.body)))
        return sized.head + self.body


class Line:
    """The connection to whoever asks for a path; ``elsewhere`` is the address of another server."""

    def __init__(self, connection: socket.socket, over: threading.Event, path: str, elsewhere: str) -> None:
        self.elsewhere = elsewhere
        self._connection = connection
        self._over = over
        self.path = path

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def drip(self, data: bytes, *, every: float = 0.02) -> None:
        """A byte at a time, for as long as anybody listens."""
        for start in range(len(data)):
            self.send(data[start : start + 1])
            if self._over.wait(every):
                return

    def stall(self) -> None:
        self._over.wait(60)

    def reset(self) -> None:
        """Ends the connection as a crash does: by RST."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._connection.close()


#: Spoils an answer: sends whatever it likes. The connection is closed afterwards.
Fault = Callable[[Line, Good], None]


@dataclass
class Spoilt:
    """A fault at the requests whose ``METHOD /path`` (with its query) match; ``times`` at most."""

    pattern: str
    fault: Fault
    times: int | None = None
    met: int = field(default=0, init=False)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Who asked has gone away, as they should."""


class FaultyProxy:
    """The proxy. ``spoilt`` may be changed at any time; ``asked`` are the requests that came."""

    def __init__(self, upstream: str, elsewhere: str = "http://127.0.0.1:1") -> None:
        self.elsewhere = elsewhere
        self.spoilt: list[Spoilt] = []
        self.asked: list[str] = []
        self.bytes_sent = 0
        self._upstream = urlsplit(upstream)
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _fetch(self, method: str, path: str, headers: list[tuple[str, str]], body: bytes) -> Good:
        connection = http.client.HTTPConnection(self._upstream.netloc, timeout=120)
        with contextlib.closing(connection):
            sent = {n: v for n, v in headers if n.lower() not in _OF_THE_HOP | {"host", "accept-encoding"}}
            connection.request(method, path, body or None, sent)
            answer = connection.getresponse()
            kept = tuple((n, v) for n, v in answer.getheaders() if n.lower() not in _OF_THE_HOP)
            return Good(answer.status, kept, answer.read())

    def _fault(self, asked: str) -> Fault | None:
        with self._lock:
            self.asked.append(asked)
            for spoilt in self.spoilt:
                if re.search(spoilt.pattern, asked) and spoilt.met != spoilt.times:
                    spoilt.met += 1
                    return spoilt.fault
        return None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                fault = proxy._fault(f"{self.command} {self.path}")
                good = proxy._fetch(self.command, self.path, self.headers.items(), body)
                if fault is None:
                    self.wfile.write(good.raw)
                    proxy.bytes_sent += len(good.raw)
                    return
                self.close_connection = True
                fault(Line(self.connection, proxy._over, self.path, proxy.elsewhere), good)

            do_GET = _serve  # noqa: N815
            do_POST = _serve  # noqa: N815
            do_PUT = _serve  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler
