"""What `dashlint capacity --emit` writes is read by the real programs: gunicorn, Superset, Redis."""

from __future__ import annotations

import ast
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from dashlint.cli.capacity import EMITTED
from tests.live.superset_builder import UnavailableError, build, clean_environment
from tests.live.superset_releases import DEFAULT
from tests.paths import FIXTURES, ROOT

EXPORT = FIXTURES / "exports" / "harbour-and-pine"
#: An address without a database, of a server on which databases may be created and dropped.
SERVER = os.environ.get("DASHLINT_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432")
DATABASE = "dl_capacity_metadata"


def emit(folder: Path, *more: str) -> Path:
    """All kinds of files for a small audience."""
    command = [sys.executable, "-m", "dashlint", "capacity", str(EXPORT), "--viewers", "3", *more]
    command += ["--workers", "2", "--threads", "4", "--emit", ",".join(EMITTED), "--emit-to", str(folder)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ROOT / "analyzer", ROOT / "rules")))}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return emit(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def asynchronous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return emit(tmp_path_factory.mktemp("async"), "--async")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def redis(conf: Path, folder: Path) -> Iterator[int]:
    """A Redis with this configuration; its port."""
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    port = free_port()
    command = ["redis-server", str(conf), "--port", str(port), "--dir", str(folder), "--bind", "127.0.0.1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    try:
        until = time.monotonic() + 30
        while ask(port, "ping") != "PONG":
            assert process.poll() is None, f"redis-server does not start with {conf}"
            assert time.monotonic() < until
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def ask(port: int, *words: str) -> str:
    done = subprocess.run(["redis-cli", "-p", str(port), *words], capture_output=True, text=True, check=False)
    return done.stdout.strip()


@pytest.mark.optional
def test_redis_reads_its_files(asynchronous: Path, tmp_path: Path) -> None:
    with redis(asynchronous / "redis-cache.conf", tmp_path) as port:
        assert ask(port, "config", "get", "maxmemory-policy").split() == ["maxmemory-policy", "allkeys-lru"]
        assert int(ask(port, "config", "get", "maxmemory").split()[1]) >= 64 * 2**20
        assert ask(port, "config", "get", "save").split() == ["save"]
    with redis(asynchronous / "redis-broker.conf", tmp_path) as port:
        assert ask(port, "config", "get", "maxmemory-policy").split() == ["maxmemory-policy", "noeviction"]
        assert ask(port, "config", "get", "appendonly").split() == ["appendonly", "yes"]


@pytest.fixture
def metadata() -> Iterator[str]:
    """An empty PostgreSQL database."""
    psycopg = pytest.importorskip("psycopg")
    try:
        with psycopg.connect(f"{SERVER}/postgres", autocommit=True, connect_timeout=5) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {DATABASE}")
    except psycopg.OperationalError as error:
        pytest.skip(f"no PostgreSQL at {SERVER}: {error}")
    yield f"{SERVER.replace('postgresql://', 'postgresql+psycopg2://')}/{DATABASE}"
    with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


@pytest.mark.optional
def test_superset_starts_with_them(files: Path, asynchronous: Path, metadata: str, tmp_path: Path) -> None:
    """gunicorn with its file serves a Superset with its file; and so Superset reads the asynchronous one."""
    try:
        made = build(DEFAULT)
    except UnavailableError as reason:
        pytest.skip(str(reason))
    with redis(files / "redis-cache.conf", tmp_path) as cache:
        environment = clean_environment(
            SUPERSET_HOME=str(tmp_path),
            SUPERSET_SECRET_KEY="made up for a test on loopback, and nothing else",
            SUPERSET__SQLALCHEMY_DATABASE_URI=metadata,
            SUPERSET_CACHE_REDIS_URL=f"redis://127.0.0.1:{cache}/0",
            SUPERSET_BROKER_REDIS_HOST="127.0.0.1",
            GLOBAL_ASYNC_QUERIES_JWT_SECRET="made up for a test: thirty-two characters and more",
        )
        environment["SUPERSET_CONFIG_PATH"] = str(files / "superset_config.py")
        # The first Superset makes its tables in an empty database; two workers at once would clash.
        assert _settings(made.python, environment) == {
            "pool": {"pool_size": 4, "max_overflow": 5, "pool_pre_ping": True},
            "cache": "RedisCache",
            "prefix": "superset_data_",
            "timeout": 60,
            "celery": "None",
            "flag": False,
        }
        port = free_port()
        with (tmp_path / "server.log").open("wb") as log:
            process = subprocess.Popen(
                [made.python, "-m", "gunicorn", "--config", files / "gunicorn.conf.py",
                 "--bind", f"127.0.0.1:{port}", "superset.app:create_app()"],
                stdout=log, stderr=subprocess.STDOUT, env=environment, cwd=tmp_path,
            )  # fmt: skip
        try:
            _healthy(port, process, tmp_path / "server.log")
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii").split()
            assert len(children) == 2
        finally:
            process.terminate()
            process.wait(60)
        environment["SUPERSET_CONFIG_PATH"] = str(asynchronous / "superset_config.py")
        found = _settings(made.python, environment)
        assert found["celery"] == "redis://127.0.0.1:6379/0"
        assert found["flag"] is True


def _healthy(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 180
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text("utf-8")[-3000:]
        with contextlib.suppress(requests.ConnectionError):
            if requests.get(f"http://127.0.0.1:{port}/health", timeout=120).text == "OK":
                return
        time.sleep(0.5)
    pytest.fail(log.read_text("utf-8")[-3000:])


def _settings(python: object, environment: dict[str, str]) -> dict[str, Any]:
    """What the application has, as Python prints it."""
    code = """
from superset.app import create_app
from superset.extensions import celery_app
app = create_app()
config = app.config
celery = config["CELERY_CONFIG"]
print("FOUND", {
    "pool": config["SQLALCHEMY_ENGINE_OPTIONS"],
    "cache": config["DATA_CACHE_CONFIG"]["CACHE_TYPE"],
    "prefix": config["DATA_CACHE_CONFIG"]["CACHE_KEY_PREFIX"],
    "timeout": config["SUPERSET_WEBSERVER_TIMEOUT"],
    "celery": str(celery and celery_app.conf.broker_url),
    "flag": config["FEATURE_FLAGS"].get("GLOBAL_ASYNC_QUERIES", False),
})
"""
    done = subprocess.run(
        [str(python), "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("FOUND ")]
    assert lines, done.stderr[-3000:]
    found: dict[str, Any] = ast.literal_eval(lines[0].removeprefix("FOUND "))
    return found
