"""Runs inside Superset's own Python: fills a warehouse, sends the requests, measures each in a forked child.

    python child.py ENGINE URI          (measure.py calls it; one JSON object per case on stdout)

Nothing of Superset is changed. A request goes through the WSGI callable, so login, schema, SQL, data frame,
post-processing, cache, JSON and the sending of the body are all in it.
"""

from __future__ import annotations

import ctypes
import gc
import io
import json
import os
import sys
import traceback
import tracemalloc
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.memory.requests_sent import REQUESTS, Request, payload
from benchmarks.memory.tables import ROWS, TABLE, as_csv, columns_of, rows, texts

_WARM = 7
_PACKAGES = (
    "apache-superset", "pandas", "numpy", "pyarrow", "simplejson", "psycopg2-binary", "PyMySQL", "SQLAlchemy",
    "redis",
)  # fmt: skip


def fill(engine: str, uri: str) -> None:
    """Create the table once; a table with all its rows is left as it is."""
    import sqlalchemy

    warehouse = sqlalchemy.create_engine(uri)
    names = columns_of(engine)
    with warehouse.connect() as connection:
        if sqlalchemy.inspect(warehouse).has_table(TABLE):
            if connection.execute(sqlalchemy.text(f"SELECT count(*) FROM {TABLE}")).scalar() == ROWS:
                return
            connection.execute(sqlalchemy.text(f"DROP TABLE {TABLE}"))
    declared = ", ".join(f"{name} {kind}" for name, kind in names.items())
    raw = warehouse.raw_connection()
    cursor = raw.cursor()
    cursor.execute(f"CREATE TABLE {TABLE} ({declared})")
    if engine == "postgresql":
        cursor.copy_expert(f"COPY {TABLE} FROM STDIN WITH (FORMAT csv)", as_csv(engine))
    else:
        mark = "?" if engine == "sqlite" else "%s"
        statement = f"INSERT INTO {TABLE} VALUES ({', '.join([mark] * len(names))})"
        cursor.executemany(statement, [tuple(texts(row, engine).values()) for row in rows()])
    raw.commit()
    if engine == "postgresql":
        cursor.execute(f"ANALYZE {TABLE}")
        raw.commit()
    raw.close()
    warehouse.dispose()


class Client:
    """Sends requests to the app, as a server would hand them over."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.token: str | None = None
        login = {"username": "admin", "password": "admin", "provider": "db"}
        self.token = json.loads(self.post("/api/v1/security/login", login)[1])["access_token"]

    def post(self, path: str, body: Any) -> tuple[str, bytes]:
        """Status and body of the answer; the chunks are joined here, after the app is done with them."""
        status, chunks, close = self.send(path, body)
        data = b"".join(chunks)
        close()
        return status, data

    def send(self, path: str, body: Any) -> tuple[str, Any, Any]:
        raw = json.dumps(body).encode()
        environ: dict[str, Any] = {
            "REQUEST_METHOD": "POST", "PATH_INFO": path, "SCRIPT_NAME": "", "QUERY_STRING": "",
            "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1", "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(raw)),
            "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(raw),
            "wsgi.errors": sys.stderr, "wsgi.multithread": False, "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }  # fmt: skip
        if self.token:
            environ["HTTP_AUTHORIZATION"] = f"Bearer {self.token}"
        answer: list[str] = []
        chunks = self.app(environ, lambda status, _headers, _info=None: answer.append(status))
        return answer[0], chunks, getattr(chunks, "close", lambda: None)

    def created(self, path: str, body: Any) -> int:
        status, data = self.post(path, body)
        assert status.startswith("201"), (status, data[:500])
        return int(json.loads(data)["id"])

    def drain(self, body: Any) -> tuple[str, int]:
        """Send a chart's request and throw its answer away, chunk by chunk, as a socket does."""
        status, chunks, close = self.send("/api/v1/chart/data", body)
        size = sum(len(chunk) for chunk in chunks)
        close()
        return status, size


def in_child(work: Any) -> dict[str, Any]:
    """What `work` returns, from a forked child that it leaves nothing behind in."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(reader)
            os.write(writer, json.dumps(work()).encode())
        except BaseException:  # noqa: BLE001 - whatever it is, the parent has to hear of it
            os.write(writer, json.dumps({"error": traceback.format_exc()[-1500:]}).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        told = json.loads(file.read() or b'{"error": "the child ended without a word"}')
    os.waitpid(child, 0)
    return dict(told)


def status_of(key: str) -> int:
    """A line of /proc/self/status in bytes."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) * 1024
    raise KeyError(key)


def resident(client: Client, warm: Any, body: Any) -> dict[str, Any]:
    """Resident memory above the level before: at the peak, and when the answer is sent."""
    client.drain(warm)
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5", "ascii")
    before = status_of("VmRSS")
    status, size = client.drain(body)
    return {
        "status": status,
        "peak": status_of("VmHWM") - before,
        "after": status_of("VmRSS") - before,
        "size": size,
    }


def traced(client: Client, warm: Any, body: Any) -> dict[str, Any]:
    """What Python allocates at its peak; its own child, as tracing takes memory itself."""
    client.drain(warm)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    status, _ = client.drain(body)
    return {"status": status, "peak": tracemalloc.get_traced_memory()[1] - before}


def shape(client: Client, body: Any) -> dict[str, Any]:
    """How many rows and columns came from the database and came out."""
    status, data = client.post("/api/v1/chart/data", {**body, "result_format": "json"})
    first = json.loads(data)["result"][0]
    names = first["colnames"]
    return {
        "status": status,
        "sql_rows": first.get("sql_rowcount", first["rowcount"]),
        "out_rows": len(first["data"]),
        "out_columns": len(names),
        "name_chars": sum(map(len, names)),
    }


def measure(client: Client, request: Request, dataset: int, cache: Any) -> dict[str, Any]:
    """All figures of one case."""
    warm = payload(request, dataset, _WARM, force=True)
    cold = payload(request, dataset, request.rows, force=True)
    hit = payload(request, dataset, request.rows, force=False)
    found: dict[str, Any] = in_child(lambda: shape(client, cold))
    cache.flushdb()
    peaks = [in_child(lambda: resident(client, warm, cold)) for _ in range(2)]
    found["cache_entry"] = sum(cache.strlen(k) for k in cache.keys("memory_data_*") if cache.strlen(k) > 400)
    told = in_child(lambda: traced(client, warm, cold))
    again = in_child(lambda: resident(client, warm, hit))
    errors = [part for part in (found, *peaks, told, again) if not str(part.get("status")).startswith("200")]
    if errors:
        raise RuntimeError(f"{request.name}, {request.rows} rows: {errors[0]}")
    return {
        **found,
        "python_peak": told["peak"],
        "rss_peak": sum(p["peak"] for p in peaks) // 2,
        "retained": sum(p["after"] for p in peaks) // 2,
        "response": peaks[0]["size"],
        "cache_hit_peak": again["peak"] if request.format == "json" else None,
    }


def versions() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": sys.version.split()[0]}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def main() -> None:
    engine, uri = sys.argv[1:3]
    fill(engine, uri)
    import redis
    from superset.app import create_app

    app = create_app()
    from superset import db

    client = Client(app.wsgi_app)
    database = client.created(
        "/api/v1/database/",
        {"database_name": f"memory {engine}", "sqlalchemy_uri": uri, "expose_in_sqllab": True},
    )
    table = {"database": database, "table_name": TABLE}
    if engine == "postgresql":
        table["schema"] = "public"
    dataset = client.created("/api/v1/dataset/", table)
    cache = redis.Redis.from_url(os.environ["DASHLINT_MEMORY_REDIS"])
    print(json.dumps({"versions": versions()}), flush=True)
    # Each code path once, so that what it imports and keeps is there before the children are.
    for request in REQUESTS:
        if set(request.columns) <= set(columns_of(engine)):
            status, data = client.post("/api/v1/chart/data", payload(request, dataset, _WARM, force=True))
            assert status.startswith("200"), (request.name, status, data[:800])
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    gc.collect()
    for request in REQUESTS:
        if set(request.columns) <= set(columns_of(engine)):
            print(
                json.dumps({"request": request._asdict(), **measure(client, request, dataset, cache)}),
                flush=True,
            )


if __name__ == "__main__":
    main()
