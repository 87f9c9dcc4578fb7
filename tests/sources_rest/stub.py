"""An HTTP server on loopback that answers as a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """An answer. ``cut`` closes the connection after that many bytes of the body; ``hang`` never answers."""

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    hang: bool = False
    drop: bool = False

    @property
    def bytes(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()

    @property
    def content_type(self) -> str:
        if isinstance(self.body, bytes):
            return "application/zip"
        return "text/html; charset=utf-8" if isinstance(self.body, str) else "application/json"


Answer = Reply | Callable[[Request], Reply]
NOT_FOUND = Reply("<!doctype html><title>404: Not found</title>", 404)


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle is what many tests are about."""


class Stub:
    """The server. ``answers`` maps ``"GET /path"`` to a reply, a function, or a list to be used up."""

    def __init__(self, certificate: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, Answer | list[Answer]] = {}
        self.requests: list[Request] = []
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._server = _Quiet(("127.0.0.1", 0), self._handler())
        if certificate is not None:
            self._server.socket = certificate.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port: int = self._server.server_address[1]
        self.scheme = "http" if certificate is None else "https"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def asked(self, method_and_path: str) -> list[Request]:
        return [r for r in self.requests if f"{r.method} {r.path}" == method_and_path]

    def close(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            answer = self.answers.get(f"{request.method} {request.path}", NOT_FOUND)
            if isinstance(answer, list):
                # The last one stays.
                answer = answer.pop(0) if len(answer) > 1 else answer[0]
        return answer if isinstance(answer, Reply) else answer(request)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                parts = urlsplit(self.path)
                query = {key: values[0] for key, values in parse_qs(parts.query).items()}
                length = int(self.headers.get("Content-Length") or 0)
                path = self.path if parts.scheme else parts.path  # a proxy is asked for whole addresses
                reply = stub._answer(
                    Request(self.command, path, query, dict(self.headers), self.rfile.read(length))
                )
                if reply.hang:
                    stub._over.wait(30)
                if reply.hang or reply.drop:
                    self.close_connection = True
                    return
                self.send_response_only(reply.status)
                for name, value in {
                    "Date": self.date_time_string(),
                    "Content-Type": reply.content_type,
                    **reply.headers,
                }.items():
                    self.send_header(name, value)
                if "Content-Length" not in reply.headers:
                    self.send_header("Content-Length", str(len(reply.bytes)))
                self.end_headers()
                self.wfile.write(reply.bytes[: reply.cut])
                self.close_connection = self.close_connection or reply.cut is not None

            do_GET = _serve  # noqa: N815
            do_POST = _serve  # noqa: N815
            do_PUT = _serve  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler
