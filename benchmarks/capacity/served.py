"""A real Superset under gunicorn with so many workers and threads, that writes down when it serves what.

Needs what tests/live needs, and the example's databases in PostgreSQL.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.memory.loads import COMPANY, install  # noqa: E402
from tests.live.superset_builder import build, clean_environment  # noqa: E402
from tests.live.superset_client import SupersetSession  # noqa: E402
from tests.live.superset_releases import DEFAULT  # noqa: E402
from tests.live.superset_runs import new_home  # noqa: E402

#: What is put behind an emitted gunicorn configuration: a line for each request, with its worker and times.
HOOKS = """
import json as _json, os as _os, time as _time

def pre_request(worker, req):
    req._began = _time.time()

def post_request(worker, req, environ, resp):
    line = _json.dumps({"pid": worker.pid, "path": req.path, "began": req._began, "ended": _time.time(),
                        "status": resp.status_code if resp else 0})
    with open(_os.environ["CAPACITY_LOG"], "a") as log:
        log.write(line + "\\n")

control_socket_disable = True
"""


class Line(NamedTuple):
    """A request as its worker saw it; times in seconds."""

    pid: int
    path: str
    began: float
    ended: float
    status: int


class Served:
    """A running Superset: where it is, its processes, and what it has served."""

    def __init__(self, url: str, home: Path, process: subprocess.Popen[bytes], log: Path) -> None:
        self.url, self.home, self.process, self.log = url, home, process, log

    def session(self) -> SupersetSession:
        return SupersetSession(self.url, "admin", "admin")

    @property
    def workers(self) -> list[int]:
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text("ascii").split()]

    def lines(self) -> list[Line]:
        text = self.log.read_text("utf-8") if self.log.exists() else ""
        return [Line(**json.loads(line)) for line in text.splitlines()]


def cpu_seconds(pids: list[int]) -> float:
    """User and system time of processes so far."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def served(
    redis: str,
    prefix: str,
    *,
    workers: int,
    threads: int,
    gunicorn: str = "",
    timeout: int = 600,
    cached: bool = True,
) -> Iterator[Served]:
    """Starts it, with the example's dashboards in it; ends it afterwards.

    ``gunicorn`` is the text of a configuration file, by default one with these workers and threads.
    ``redis`` is the address of the data cache, ``prefix`` that of the databases' names.
    """
    made = build(DEFAULT)
    home, lock = new_home(DEFAULT)
    with os.fdopen(lock), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made.copy_home(home)
        cache = {"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": redis, "CACHE_DEFAULT_TIMEOUT": timeout}
        if not cached:
            cache = {"CACHE_TYPE": "NullCache"}
        (folder / "config.py").write_text(
            f"{COMPANY.read_text('utf-8')}\nDATA_CACHE_CONFIG = {cache!r}\nSUPERSET_WEBSERVER_TIMEOUT = 60\n"
        )
        text = gunicorn or f"workers = {workers}\nworker_class = 'gthread'\nthreads = {threads}\n"
        (folder / "gunicorn.conf.py").write_text(text + HOOKS)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        log = folder / "requests.jsonl"
        environment = clean_environment(
            SUPERSET_HOME=str(home),
            DASHLINT_SUPERSET_MORE_CONFIG=str(folder / "config.py"),
            EXAMPLE_DATABASE_PREFIX=prefix,
            CAPACITY_LOG=str(log),
        )
        with (home / "server.log").open("wb") as output:
            process = subprocess.Popen(
                [made.python, "-m", "gunicorn", "--config", folder / "gunicorn.conf.py",
                 "--bind", f"127.0.0.1:{port}", "superset.app:create_app()"],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=home, env=environment,
                start_new_session=True,
            )  # fmt: skip
        one = Served(f"http://127.0.0.1:{port}", home, process, log)
        try:
            _wait(one)
            with one.session() as session:
                install(session)
            yield one
        finally:
            process.terminate()
            process.wait(60)


def _wait(one: Served) -> None:
    import requests

    until = time.monotonic() + 180
    while time.monotonic() < until and one.process.poll() is None:
        with contextlib.suppress(requests.RequestException):
            if requests.get(f"{one.url}/health", timeout=60).ok:
                return
        time.sleep(0.5)
    raise RuntimeError((one.home / "server.log").read_text("utf-8")[-3000:])
