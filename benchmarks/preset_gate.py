"""A gate on loopback that lets `sup` talk to a Superset of one's own.

`sup` (PyPI's superset-sup) knows no login but Preset's: it asks https://api.app.preset.io for a token and for
its teams and their workspaces. As its HTTPS proxy, this gate answers these three questions itself, and hands
whatever else it is asked on to a Superset, with a token of that Superset. Nothing leaves the machine.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import trustme

PRESET = "api.app.preset.io"  # sup/auth/preset.py, superset-sup 0.1.6
WORKSPACE = "workspace.example"
WORKSPACE_ID = 1

# What preset_cli.auth.lib and preset_cli.api.clients.preset (0.3.13) read of Preset's answers.
ANSWERS = {
    "auth": {"access_token": "of-no-worth"},
    "teams": [{"name": "team"}],
    "workspaces": [{"id": WORKSPACE_ID, "hostname": WORKSPACE, "name": "workspace", "title": "Workspace"}],
}


class _Handler(BaseHTTPRequestHandler):
    """One connection: CONNECT, then TLS with a certificate of our own, then plain requests."""

    protocol_version = "HTTP/1.1"
    superset = ""
    authorization = ""
    tls: ssl.SSLContext
    host = ""

    def do_CONNECT(self) -> None:
        self.host = self.path.rpartition(":")[0]
        self.send_response(200)
        self.end_headers()
        self.connection = self.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb", -1)
        self.wfile = self.connection.makefile("wb", 0)  # type: ignore[assignment]
        self.close_connection = False

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.host == PRESET:
            asked = urlsplit(self.path).path.rstrip("/").rpartition("/")[2]
            self._send(200, "application/json", json.dumps({"payload": ANSWERS[asked]}).encode())
            return
        upstream = http.client.HTTPConnection(urlsplit(self.superset).netloc, timeout=120)
        with contextlib.closing(upstream):
            passed = {name: self.headers[name] for name in ("Accept", "Content-Type") if name in self.headers}
            upstream.request(
                self.command, self.path, body or None, {**passed, "Authorization": self.authorization}
            )
            answer = upstream.getresponse()
            self._send(answer.status, answer.headers.get_content_type(), answer.read())

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _send(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: what counts is counted behind the gate."""


@contextlib.contextmanager
def open_gate(superset: str, authorization: str, folder: Path) -> Iterator[dict[str, str]]:
    """The environment in which `sup` finds ``superset`` (a URL) behind its workspace 1.

    ``authorization``: the header that logs in there. ``folder`` receives the certificate and becomes the home
    of `sup`.
    """
    authority = trustme.CA()
    bundle = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(PRESET, WORKSPACE).configure_cert(tls)
    handler = type("Handler", (_Handler,), {"superset": superset, "authorization": authorization, "tls": tls})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield {
            "HOME": str(folder),
            "HTTPS_PROXY": f"http://127.0.0.1:{server.server_address[1]}",
            "REQUESTS_CA_BUNDLE": str(bundle),
            "SUP_PRESET_API_TOKEN": "of-no-worth",
            "SUP_PRESET_API_SECRET": "of-no-worth",
            "SUP_WORKSPACE_ID": str(WORKSPACE_ID),
        }
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
