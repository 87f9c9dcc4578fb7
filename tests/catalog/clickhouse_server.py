"""A real ClickHouse (chDB, which runs in the process) behind an HTTP interface such as ClickHouse's own.

    python tests/catalog/clickhouse_server.py PORT SCRIPT.sql

runs the script, prints "ready", and serves until its standard input ends. It needs ``pip install chdb-core``.
What is taken over from clickhouse.com/docs/interfaces/http: the query in the body, settings as parameters,
the account in two headers, errors with X-ClickHouse-Exception-Code and the server's text.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

USER, PASSWORD = "reader", "s3cret/@:?%"
_RESERVED = frozenset({"wait_end_of_query", "query", "database", "default_format"})


def serve(port: int, script: Path) -> None:
    from chdb import session  # type: ignore[import-not-found,unused-ignore]

    engine = session.Session()
    for statement in script.read_text(encoding="utf-8").split(";"):
        if statement.strip():
            engine.query(statement)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            url = urlsplit(self.path)
            sql = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            account = (self.headers.get("X-ClickHouse-User"), self.headers.get("X-ClickHouse-Key"))
            if account != (USER, PASSWORD):
                text = (
                    f"Code: 516. DB::Exception: {account[0]}: Authentication failed. (AUTHENTICATION_FAILED)"
                )
                self._answer(403, text, 516)
                return
            settings = [f"{k} = {v}" for k, v in parse_qsl(url.query) if k not in _RESERVED]
            try:
                with lock:
                    found = engine.query(sql + (f" SETTINGS {', '.join(settings)}" if settings else ""))
            except RuntimeError as error:
                code = re.search(r"Code: (\d+)", str(error))
                self._answer(500, str(error), int(code[1]) if code else 1001)
                return
            self._answer(200, str(found))

        def _answer(self, status: int, text: str, code: int | None = None) -> None:
            body = text.encode()
            self.send_response(status)
            if code is not None:
                self.send_header("X-ClickHouse-Exception-Code", str(code))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"ready {server.server_port}\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)  # chDB complains when it is taken down in order


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]))
