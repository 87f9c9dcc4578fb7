"""Real databases for tests: PostgreSQL and MariaDB by their command-line clients, SQLite by Python."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

POSTGRES = os.environ.get("DASHLINT_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432")
MARIADB = os.environ.get("DASHLINT_TEST_MARIADB_ARGS", "-uroot").split()
#: The same server by its URL; the database's name is added.
MARIADB_URL = os.environ.get("DASHLINT_TEST_MARIADB", "mysql://root@127.0.0.1:3306")
SCRATCH = f"dashlint_test_{os.getpid()}"


def run(*command: str, text: str | None = None) -> str:
    """A client's output; fails with what it said on stderr."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


class Postgres:
    """A scratch database."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.url = f"{POSTGRES}/{name}"

    def execute(self, sql: str) -> None:
        run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", self.url, text=sql)

    def json(self, sql: str) -> Any:
        return json.loads(run("psql", "-X", "-q", "-A", "-t", self.url, "-c", sql) or "null")

    def dump(self) -> str:
        return run("pg_dump", "--schema-only", self.url)

    def plan(self, sql: str) -> list[dict[str, Any]]:
        """All nodes of the plan, flat."""
        waiting = [self.json(f"EXPLAIN (FORMAT JSON) {sql}")[0]["Plan"]]
        found = []
        while waiting:
            node = waiting.pop()
            found.append(node)
            waiting += node.get("Plans", [])
        return found


class MariaDb:
    """A scratch database."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.url = f"{MARIADB_URL}/{name}"

    def execute(self, sql: str) -> str:
        return run("mysql", *MARIADB, "--batch", "--raw", "--skip-column-names", self.name, text=sql)

    def dump(self) -> str:
        return run("mysqldump", *MARIADB, "--no-data", "--skip-comments", self.name)

    def uses_index(self, sql: str) -> bool:
        """Whether the plan looks something up (a scan of a whole index is none)."""
        table = json.loads(self.execute(f"EXPLAIN FORMAT=JSON {sql}"))["query_block"]["nested_loop"][0][
            "table"
        ]
        return table["access_type"] in {"ref", "range", "const", "eq_ref", "ref_or_null", "index_merge"}


def hypopg(database: Postgres) -> None:
    """Puts HypoPG into a database; skips where the server does not have it."""
    offered = "SELECT count(*) FROM pg_available_extensions WHERE name = 'hypopg'"
    if not database.json(offered):
        pytest.skip("the PostgreSQL server has no HypoPG (Debian: postgresql-15-hypopg)")
    database.execute("CREATE EXTENSION hypopg")


def _answers(*command: str) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True, check=False, timeout=20).returncode == 0


@contextmanager
def postgres_database(suffix: str) -> Iterator[Postgres]:
    """A PostgreSQL database that is dropped afterwards."""
    if not _answers("psql", "-X", "-c", "SELECT 1", f"{POSTGRES}/postgres") or not shutil.which("pg_dump"):
        pytest.skip(f"no PostgreSQL (with psql and pg_dump) answers at {POSTGRES}")
    name = f"{SCRATCH}_{suffix}"
    server = Postgres("postgres")
    server.execute(f'DROP DATABASE IF EXISTS "{name}"')
    server.execute(f'CREATE DATABASE "{name}"')
    try:
        yield Postgres(name)
    finally:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def mariadb_database(suffix: str) -> Iterator[MariaDb]:
    """A MariaDB database that is dropped afterwards."""
    if not _answers("mysql", *MARIADB, "-e", "SELECT 1") or not shutil.which("mysqldump"):
        pytest.skip("no MariaDB (with mysql and mysqldump) answers")
    name = f"{SCRATCH}_{suffix}"
    run("mysql", *MARIADB, "-e", f"DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name}")
    try:
        yield MariaDb(name)
    finally:
        run("mysql", *MARIADB, "-e", f"DROP DATABASE IF EXISTS {name}")


def postgres_programs() -> Path:
    """The folder with PostgreSQL's server programs; Debian keeps them off PATH."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not folders or not (folders[-1] / "initdb").exists():
        pytest.skip("no initdb of PostgreSQL is installed")
    return folders[-1]


@contextmanager
def postgres_with_passwords(password: str) -> Iterator[str]:
    """The URL of a PostgreSQL of its own that wants a password of ``reader``, without the password."""
    programs = postgres_programs()
    with tempfile.TemporaryDirectory(prefix="dashlint-postgres-") as name, socket.socket() as free:
        folder = Path(name)
        # The server refuses to run as root.
        before: tuple[str, ...] = ()
        if os.geteuid() == 0:
            before = ("runuser", "-u", "postgres", "--")
            shutil.chown(folder, "postgres")
        (folder / "password").write_text(password, encoding="utf-8")
        (folder / "password").chmod(0o644)
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        data = str(folder / "data")
        options = ("-A", "scram-sha-256", f"--pwfile={folder / 'password'}", "-U", "reader", "--no-sync")
        run(*before, str(programs / "initdb"), "-D", data, *options)
        settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        control = (*before, str(programs / "pg_ctl"), "-D", data, "-w")
        # A log of its own: the server would keep our pipe open.
        run(*control, "-l", str(folder / "log"), "-o", settings, "start")
        try:
            yield f"postgresql://reader@127.0.0.1:{port}/postgres"
        finally:
            run(*control, "-m", "immediate", "stop")
