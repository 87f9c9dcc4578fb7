"""``postgresql.conf``, ``ALTER SYSTEM`` and command lines, as text and against the real server."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashlint.assets.origin import Location
from dashlint.deployment.model import UNKNOWN
from dashlint.deployment.part import Source
from dashlint.deployment.postgres_conf import MEMORY, MILLISECONDS, command, read_postgres_sql, settings

HERE = Location("compose.yaml", 7, 5, "services.db.command")
POSTGRES = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True)), None)

CONF = """\
# Memory
shared_buffers = 4GB          # needs a restart
WORK_MEM 50MB
maintenance_work_mem=65536
effective_cache_size = '12 GB'
max_connections = 200
log_min_duration_statement = '1.5s'
lock_timeout = 1.5s
statement_timeout = 0
search_path = '"$user", it''s'
my.own = 'x'
= nothing
include 'more.conf'
idle_in_transaction_session_timeout = 10min
"""


def test_settings_stand_where_they_are_written() -> None:
    found, problems = settings(CONF, "postgresql.conf")
    values = {name: one.value for name, one in found.items()}
    assert values == {
        "shared_buffers": 4 * 2**30,
        "work_mem": 50 * 2**20,
        "maintenance_work_mem": 65536 * 1024,
        "effective_cache_size": 12 * 2**30,
        "max_connections": 200,
        "log_min_duration_statement": 1500,
        "statement_timeout": 0,
        "search_path": '"$user", it\'s',
        "my.own": "x",
        "idle_in_transaction_session_timeout": 600_000,
    }
    assert found["work_mem"].location == Location("postgresql.conf", 3, 1, "work_mem")
    assert [(one.kind, one.line) for one in problems] == [
        ("unreadable-line", 8),
        ("unreadable-line", 12),
        ("not-followed", 13),
    ]


def test_a_size_that_is_none_is_unknown() -> None:
    found, _ = settings("work_mem = lots\n", "postgresql.conf")
    assert found["work_mem"].value is UNKNOWN


def test_the_last_argument_wins() -> None:
    found = command(
        [
            "-c",
            "work_mem=1MB",
            "--work-mem=2MB",
            "-N",
            "50",
            "-B",
            "100",
            "-D",
            "/data",
            "-c",
            "max_connections=$N",
        ],
        HERE,
    )
    assert {name: one.value for name, one in found.items()} == {
        "work_mem": 2 * 2**20,
        "max_connections": UNKNOWN,
        "shared_buffers": 100 * 8192,
    }


def test_alter_system() -> None:
    sql = """-- settings
ALTER SYSTEM SET shared_buffers = '4GB';
  alter system set work_mem to '50MB'; SELECT pg_reload_conf();
ALTER SYSTEM SET max_connections = 300;
ALTER SYSTEM SET jit = off;
ALTER SYSTEM RESET jit;
ALTER SYSTEM SET pg_stat_statements.max = 5000;
ALTER TABLE system SET (fillfactor = 70);
"""
    found = read_postgres_sql(Source("tune.sql", sql)).postgres
    assert {name: one.value for name, one in found.items()} == {
        "shared_buffers": 4 * 2**30,
        "work_mem": 50 * 2**20,
        "max_connections": 300,
        "pg_stat_statements.max": 5000,
    }
    assert found["work_mem"].location == Location("tune.sql", 3, 3, "work_mem")


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_any_text_is_read(text: str) -> None:
    settings(text, "postgresql.conf")
    command(text.split(), HERE)
    read_postgres_sql(Source("a.sql", f"ALTER SYSTEM {text}"))


@pytest.fixture(scope="module")
def cluster() -> Any:
    psycopg = pytest.importorskip("psycopg")
    try:
        with psycopg.connect("host=127.0.0.1 user=postgres", connect_timeout=3) as connection:
            yield connection
    except psycopg.OperationalError:
        pytest.skip("no PostgreSQL answers on 127.0.0.1")


def test_units_are_those_of_the_real_server(cluster: Any) -> None:
    rows = cluster.execute("SELECT name, unit FROM pg_settings WHERE unit IS NOT NULL").fetchall()
    units = dict(rows)
    sizes = {"B": 1, "kB": 1024, "8kB": 8192, "MB": 2**20}
    assert {name: sizes[units[name]] for name in MEMORY} == dict(MEMORY)
    assert {name for name in MILLISECONDS if units[name] != "ms"} == set()


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that another account reaches, which it does not in pytest's own."""
    with tempfile.TemporaryDirectory(prefix="dashlint-postgres-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.skipif(
    POSTGRES is None or os.geteuid() != 0, reason="needs PostgreSQL's binaries, and root to leave"
)
def test_the_real_server_reads_the_same(shared: Path, cluster: Any) -> None:
    """`postgres -C` prints a setting in its own unit, without starting anything."""
    text = "\n".join(
        line
        for line in CONF.split("\n")
        if not line.startswith(("=", "include", "my.own", "search_path", "lock"))
    )
    found, problems = settings(text, "postgresql.conf")
    assert problems == []
    units = dict(cluster.execute("SELECT name, unit FROM pg_settings WHERE unit IS NOT NULL").fetchall())
    sizes = {"kB": 1024, "8kB": 8192, "ms": 1, None: 1}
    folder = shared / "conf"
    folder.mkdir()
    (folder / "postgresql.conf").write_text(text)
    (folder / "PG_VERSION").write_text(str(POSTGRES).split("/")[4] + "\n")
    for name, given_ in found.items():
        assert _printed(folder, name) * sizes[units.get(name)] == given_.value, name
    arguments = ["-c", "work_mem=1MB", "-B", "100", "--maintenance-work-mem=3MB", "-N", "50"]
    for name, given_ in command(arguments, HERE).items():
        assert _printed(folder, name, *arguments) * sizes[units.get(name)] == given_.value, name


def _printed(folder: Path, name: str, *arguments: str) -> int:
    subprocess.run(["chown", "-R", "postgres", str(folder)], check=True)
    folder.chmod(0o700)
    asked = [str(POSTGRES), "-D", str(folder), *arguments, "-C", name]
    answer = subprocess.run(
        asked, capture_output=True, text=True, check=False, user="postgres", group="postgres", cwd="/"
    )
    assert answer.returncode == 0, answer.stderr
    return int(answer.stdout)
