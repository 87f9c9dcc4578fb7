"""``--statements-db`` on a real PostgreSQL with pg_stat_statements, in a cluster of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashlint.catalog.errors import CatalogError
from dashlint.catalog.live import LiveOptions
from dashlint.incidents.statistics import from_database

pytestmark = [pytest.mark.optional, pytest.mark.slow]
sqlalchemy = pytest.importorskip("sqlalchemy")
pytest.importorskip("psycopg")


def _programs() -> Path | None:
    """The newest server's programs; Debian does not put them on the path."""
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    found = shutil.which("initdb") or max(map(str, versions), default=None)
    return Path(found).parent if found else None


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a cluster, ``user@host:port``, without a user; its superuser is ``postgres``."""
    programs = _programs()
    if programs is None or (os.geteuid() == 0 and shutil.which("runuser") is None):
        pytest.skip("no PostgreSQL server to start")
    place = tmp_path_factory.mktemp("cluster")
    account: tuple[str, ...] = ()
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(place, "postgres")
        for above in place.parents[:3]:
            above.chmod(above.stat().st_mode | 0o011)
        account = ("runuser", "-u", "postgres", "--")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = place / "data"

    def program(name: str, *arguments: str) -> None:
        run = (*account, str(programs / name), "-D", str(data), *arguments)
        subprocess.run(run, check=True, stdout=subprocess.DEVNULL, cwd=place)

    program("initdb", "-A", "trust", "-U", "postgres")
    options = f"-p {port} -k {place} -c listen_addresses=127.0.0.1"
    options += " -c shared_preload_libraries=pg_stat_statements"
    program("pg_ctl", "-o", options, "-l", str(place / "log"), "-w", "start")
    try:
        yield f"127.0.0.1:{port}/postgres"
    finally:
        program("pg_ctl", "-m", "immediate", "stop")


def test_statements_of_a_real_postgresql(cluster: str) -> None:
    url = f"postgresql://postgres@{cluster}"
    with pytest.raises(CatalogError, match="CREATE EXTENSION pg_stat_statements"):
        from_database(url, LiveOptions())
    engine = sqlalchemy.create_engine(f"postgresql+psycopg://postgres@{cluster}")
    with engine.begin() as connection:
        for statement in (
            'CREATE SCHEMA "of its own"',
            'CREATE EXTENSION pg_stat_statements SCHEMA "of its own"',
            "CREATE TABLE sales AS SELECT generate_series(1, 10) AS amount",
            "CREATE ROLE reader LOGIN",
            'GRANT USAGE ON SCHEMA "of its own" TO reader',
        ):
            connection.exec_driver_sql(statement)
        for least in (3, 5):
            connection.exec_driver_sql(f"SELECT amount FROM sales WHERE amount > {least}")
    engine.dispose()
    found, problems = from_database(url, LiveOptions())
    assert not problems
    (one,) = (seen for seen in found if seen.sql == "SELECT amount FROM sales WHERE amount > $1")
    assert (one.calls, one.rows, one.user, one.database) == (2, 7 + 5, "postgres", "postgres")
    assert one.longest is not None
    assert 0 < one.longest < one.seconds

    hidden, (problem,) = from_database(f"postgresql://reader@{cluster}", LiveOptions())
    assert not any("sales" in seen.sql for seen in hidden)
    assert "pg_read_all_stats" in problem.message
