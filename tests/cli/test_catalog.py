"""`dashlint catalog snapshot`, and `--catalog URL`, as people call them."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dashlint.catalog import snapshot
from dashlint.catalog.live import holds_secret
from tests.catalog.databases import Postgres, mariadb_database, postgres_database, postgres_with_passwords
from tests.cli.conftest import Run
from tests.paths import FIXTURES

EXPORT = FIXTURES / "exports" / "harbour-and-pine"
SECRET = "s3cr3t p@ss/w:rd%"
QUOTED = "s3cr3t%20p%40ss%2Fw%3Ard%25"


@pytest.fixture(autouse=True)
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DASHLINT_DB_URL", "DASHLINT_DB_PASSWORD", "PGPASSWORD"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    with postgres_database("snapshot") as made:
        made.execute(
            "CREATE SCHEMA other; CREATE TABLE other.t (a int);"
            "CREATE TABLE orders (id int PRIMARY KEY, country text);"
            "INSERT INTO orders SELECT i, 'c' || i % 7 FROM generate_series(1, 900) i; ANALYZE;"
        )
        yield made


@pytest.fixture(scope="module")
def guarded() -> Iterator[str]:
    """The URL, without password, of a PostgreSQL that wants one."""
    with postgres_with_passwords(SECRET) as url:
        subprocess.run(
            ["psql", "-X", "-q", url, "-c", "CREATE TABLE t (a int)", "-c", "ANALYZE"],
            env={**os.environ, "PGPASSWORD": SECRET},
            check=True,
        )
        yield url


def test_a_snapshot_is_a_catalog_and_always_the_same_bytes(
    run: Run, database: Postgres, tmp_path: Path
) -> None:
    first = run("catalog", "snapshot", "--db", database.url, "-o", "catalog.json", "--database", "Shop")
    assert (first.code, first.stdout) == (0, "")
    assert "2 tables written to catalog.json" in first.stderr
    printed = run("catalog", "snapshot", "--db", database.url, "--database", "Shop", "-o", "-")
    text = (tmp_path / "catalog.json").read_text(encoding="utf-8")
    assert printed.stdout == text
    assert [path.name for path in tmp_path.iterdir()] == ["catalog.json"]
    catalog, problems = snapshot.read(text)
    assert problems == ()
    assert catalog is not None
    assert (catalog.engine, catalog.database) == ("postgresql", "Shop")
    orders = catalog.table("orders")
    assert orders is not None
    assert (orders.rows, orders.columns["country"].distinct) == (900, 7)
    narrowed = run("catalog", "snapshot", "--db", database.url, "--schema", "other", "--no-values")
    assert [table["name"] for table in json.loads(narrowed.stdout)["tables"]] == ["t"]


def test_the_url_may_come_from_the_environment(
    run: Run, database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASHLINT_DB_URL", database.url)
    assert '"orders"' in run("catalog", "snapshot").stdout


def test_a_file_is_replaced_as_a_whole_or_not_at_all(run: Run, database: Postgres, tmp_path: Path) -> None:
    target = tmp_path / "catalog.json"
    target.write_text("before")
    target.chmod(0o640)
    failed = run("catalog", "snapshot", "--db", database.url, "-o", target, "--schema", "nope")
    assert failed.code == 2
    assert "no schema 'nope'" in failed.stderr
    assert "there are other, public" in failed.stderr
    assert target.read_text() == "before"
    assert run("catalog", "snapshot", "--db", database.url, "-o", target).code == 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert run("catalog", "snapshot", "--db", database.url, "-o", tmp_path / "no" / "x").code == 2


def test_a_password_is_taken_from_the_url_or_the_environment_and_shown_nowhere(
    run: Run, guarded: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    with_password = guarded.replace("reader@", f"reader:{QUOTED}@")
    in_url = run("catalog", "snapshot", "--db", with_password)
    assert in_url.code == 0, in_url.stderr
    none = run("catalog", "snapshot", "--db", guarded)
    wrong = run("catalog", "snapshot", "--db", guarded.replace("reader@", "reader:wr0ngpw@"))
    for refused in (none, wrong):
        assert refused.code == 4
        assert "refused the login: check the user and the password" in refused.stderr
        assert refused.stderr.count("\n") == 1
    monkeypatch.setenv("DASHLINT_DB_PASSWORD", SECRET)
    in_environment = run("catalog", "snapshot", "--db", guarded)
    assert in_environment.stdout == in_url.stdout
    everything = "".join(o.stdout + o.stderr for o in (in_url, none, wrong, in_environment)) + caplog.text
    for secret in (SECRET, QUOTED, "wr0ngpw", "s3cr3t"):
        assert secret not in everything


def test_a_person_at_a_terminal_is_asked_where_the_server_wants_a_password(
    run: Run, guarded: str, database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return SECRET

    monkeypatch.setattr("getpass.getpass", answer)
    monkeypatch.setattr("dashlint.cli.servers._is_terminal", lambda: True)
    assert run("catalog", "snapshot", "--db", guarded).code == 0
    assert asked == ["Password of reader: "]
    assert run("catalog", "snapshot", "--db", database.url).code == 0
    assert len(asked) == 1


def _free_port() -> int:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.mark.parametrize("engine", ["postgresql", "postgres", "postgresql+psycopg2", "mysql", "mariadb"])
@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("127.0.0.1:{port}/shop", "no server answers at"),
        ("no-such-host.invalid/shop", "no-such-host.invalid/shop is not known: check its name"),
    ],
)
def test_a_server_that_is_not_there(run: Run, engine: str, place: str, said: str) -> None:
    url = f"{engine}://somebody:{QUOTED}@{place.format(port=_free_port())}?password=s3cr3t"
    outcome = run("catalog", "snapshot", "--db", url, "--timeout", "5")
    assert outcome.code == 4
    assert said in outcome.stderr
    assert outcome.stderr.count("\n") == 1
    assert "s3cr3t" not in outcome.stderr + outcome.stdout


def test_a_database_that_is_not_there(run: Run, database: Postgres) -> None:
    with mariadb_database("snapshot") as other:
        for url in (database.url, other.url):
            outcome = run("catalog", "snapshot", "--db", f"{url}_missing")
            assert outcome.code == 4
            assert outcome.stderr.startswith("dashlint: error: there is no database ")
        empty = run("catalog", "snapshot", "--db", other.url)
        assert empty.code == 3
        assert "shows this account no table" in empty.stderr


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("oracle://u:s3cr3t@h/x", "cannot be read from oracle"),
        ("postgresql://u:s3cr3t@h:port/x", "special characters in it as %40"),
        ("u:s3cr3t@h/x", "that is no URL"),
        ("s3cr3t%://h/x", "a live catalog cannot be read from: "),
        ("postgresql://postgres:s3cr3t@127.0.0.1/x?s3cr3tly=1", "a parameter that its driver does not know"),
        ("sqlite://", "in memory"),
    ],
)
def test_urls_that_make_no_sense(run: Run, url: str, said: str) -> None:
    outcome = run("catalog", "snapshot", "--db", url)
    assert outcome.code in {2, 4}
    assert said in outcome.stderr
    assert "s3cr3t@" not in outcome.stderr
    assert ":s3cr3t" not in outcome.stderr


def test_nothing_to_read(run: Run) -> None:
    outcome = run("catalog", "snapshot")
    assert outcome.code == 2
    assert "--db postgresql://" in outcome.stderr
    assert "DASHLINT_DB_URL" in outcome.stderr


def test_a_driver_that_is_missing_is_named_with_its_extra(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "class Hidden:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in {'psycopg', 'psycopg2', 'pymysql', 'MySQLdb', 'mysql'}:\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Hidden())\n"
        "from dashlint.cli.main import main; main()"
    )
    for engine, extra in (("postgresql", "postgres"), ("mysql", "mysql")):
        done = subprocess.run(
            [sys.executable, "-c", code, "catalog", "snapshot", "--db", f"{engine}://u:s3cr3t@h/x"],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 2, done.stderr
        assert done.stderr.strip().endswith(f"pip install 'dashlint[{extra}]'")
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["scan", "cost", "trace"])
def test_a_live_database_serves_as_a_catalog(
    run: Run, database: Postgres, command: str, tmp_path: Path
) -> None:
    database.execute("CREATE TABLE IF NOT EXISTS customers (id int); ANALYZE customers")
    run("catalog", "snapshot", "--db", database.url, "-o", "catalog.json")
    words = (command, EXPORT, "--format", "json", "--today", "2026-11-21")
    live = run(*words, "--catalog", f"Retail warehouse={database.url}")
    file = run(*words, "--catalog", "Retail warehouse=catalog.json")
    without = run(*words)
    assert live.code == file.code
    assert json.loads(live.stdout)
    assert live.stdout == file.stdout
    assert live.stdout != without.stdout


def test_a_live_catalog_that_cannot_be_read_ends_the_run(run: Run) -> None:
    url = f"postgresql://u:s3cr3t@127.0.0.1:{_free_port()}/x"
    outcome = run("scan", EXPORT, "--catalog", url)
    assert (outcome.code, outcome.stdout) == (4, "")
    assert "no server answers at" in outcome.stderr
    assert "s3cr3t" not in outcome.stderr


def test_the_configuration_may_name_a_database_but_not_its_password(
    run: Run, guarded: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASHLINT_DB_PASSWORD", SECRET)
    config = tmp_path / "dashlint.toml"
    config.write_text(f'catalog = ["{guarded}"]\n')
    assert run("scan", EXPORT, "--config", config, "--format", "json").code in {0, 1}
    config.write_text(f'catalog = ["{guarded.replace("reader@", "reader:s3cr3t@")}"]\n')
    refused = run("scan", EXPORT, "--config", config)
    assert refused.code == 2
    assert "must not hold a password" in refused.stderr
    assert "s3cr3t" not in refused.stderr


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("postgresql://u:p@h/d", True),
        ("postgresql://u:p/q@h/d", True),
        ("postgresql://h/d?user=u&password=p", True),
        ("postgresql://h/d?sslpassword=p", True),
        ("postgresql://u@h:5432/d", False),
        ("postgresql://h:5432/d?options=a@b", False),
        ("sqlite:////var/lib/x.db", False),
    ],
)
def test_passwords_in_urls_are_recognized(url: str, secret: bool) -> None:  # noqa: FBT001
    assert holds_secret(url) is secret
