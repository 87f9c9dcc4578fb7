"""``--verify``: findings against the plans of a real database."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from tests.catalog.databases import (
    MariaDb,
    Postgres,
    hypopg,
    mariadb_database,
    postgres_database,
)
from tests.cli.conftest import Run
from tests.paths import FIXTURES, ROOT

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

FLAGGED = FIXTURES / "rules" / "DL202" / "flagged"
SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text())
COST_SCHEMA = json.loads((ROOT / "docs" / "cost.schema.json").read_text())
ROWS = 250_000
# Customers are many; of the countries that the catalog knows thirty, there is hardly more than one.
ORDERS = f"""
CREATE TABLE orders (order_id bigint PRIMARY KEY, ordered_at timestamp NOT NULL, country varchar(40),
    customer varchar(80), status varchar(20), amount numeric(10,2));
INSERT INTO orders SELECT i, timestamp '2023-01-01' + i * interval '6 minutes',
    CASE WHEN i % 1000 = 0 THEN 'FR' ELSE 'DE' END, 'customer ' || i % 5000, 'paid', i % 1000
  FROM generate_series(1, {ROWS}) i;
CREATE INDEX orders_ordered_at_country ON orders (ordered_at, country);
"""
TODAY = ("--today", "2025-10-10")


@pytest.fixture(scope="module")
def bare() -> Iterator[Postgres]:
    with postgres_database("verify_bare") as database:
        database.execute(ORDERS)
        database.execute("VACUUM ANALYZE")
        yield database


@pytest.fixture(scope="module")
def shop(bare: Postgres) -> Iterator[Postgres]:
    with postgres_database("verify") as database:
        hypopg(database)
        database.execute(ORDERS)
        database.execute("VACUUM ANALYZE")
        yield database


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """Below the current folder, so that paths do not name this machine."""
    shutil.copytree(FLAGGED, tmp_path / "export")
    return tmp_path / "export"


def with_password(database: Postgres) -> str:
    return database.url.replace("postgres@", "postgres:s3cr3t-w0rd@")


def verify(run: Run, export: Path, url: str, *more: str, code: int) -> dict[str, Any]:
    result = run(
        "scan", export, "--catalog", export / "catalog", "--select", "DL202", "--format", "json", "--verify",
        "--db", url, *TODAY, *more,
    )  # fmt: skip
    assert result.code == code, result.stderr
    assert "s3cr3t-w0rd" not in result.stdout + result.stderr
    document: dict[str, Any] = json.loads(result.stdout)
    jsonschema.validate(document, SCHEMA)
    return document


def by_filter(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {finding["asset"]["name"]: finding for finding in document["findings"]}


@pytest.mark.optional
def test_confirmed_and_refuted(run: Run, export: Path, shop: Postgres) -> None:
    found = by_filter(verify(run, export, with_password(shop), code=1))
    customer, country = found["Customer"], found["Country"]
    assert customer["proposal"] == [
        (
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_customer_ordered_at_idx "
            "ON public.orders (customer, ordered_at);"
        )
    ]
    proof = customer["proof"]
    assert (proof["verdict"], proof["statements"], proof["using"]) == ("confirmed", 2, 2)
    assert proof["after"] < proof["before"] / 10
    assert any("proposed btree_orders_customer" in scan for scan in proof["plan_after"])
    assert (customer["severity"], customer["confidence"]) == ("warning", "high")

    # The planner would not use it, so that nobody is told to create it, nor fails for its sake.
    assert country["proof"]["verdict"] == "refuted"
    assert country["proof"]["before"] == country["proof"]["after"]
    assert country["severity"] == "info"
    assert country["advice"] is None


@pytest.mark.optional
def test_the_index_is_created_and_dashlint_is_silent(run: Run, export: Path, shop: Postgres) -> None:
    proof = by_filter(verify(run, export, shop.url, code=1))["Customer"]["proof"]
    shop.execute("CREATE INDEX CONCURRENTLY orders_customer ON public.orders (customer)")
    try:
        live = run(
            "scan", export, "--catalog", shop.url, "--select", "DL202", "--verify", *TODAY, "--format", "json"
        )
        found = by_filter(json.loads(live.stdout))
    finally:
        shop.execute("DROP INDEX orders_customer")
    assert "Customer" not in found
    again = by_filter(verify(run, export, shop.url, code=1))["Customer"]["proof"]
    assert again["before"] == proof["before"]


@pytest.mark.optional
def test_terminal_at_80_columns(run: Run, export: Path, shop: Postgres, snapshot: SnapshotAssertion) -> None:
    result = run(
        "scan",
        "export",
        "--catalog",
        "export/catalog",
        "--select",
        "DL202",
        "-v",
        "--verify",
        "--db",
        shop.url,
        *TODAY,
    )
    assert result.code == 1
    assert max(map(len, result.stdout.splitlines())) <= 80
    lines = [line.strip() for line in result.stdout.splitlines() if "EXPLAIN" in line]
    assert len(lines) == 2
    assert any(line.startswith("EXPLAIN: refuted: PostgreSQL would not use the index") for line in lines)
    assert any("→" in line for line in lines)
    assert "database" not in result.stderr


def test_without_hypopg_there_is_the_plan_as_it_is(run: Run, export: Path, bare: Postgres) -> None:
    document = verify(run, export, bare.url, code=1)
    for finding in document["findings"]:
        assert finding["proof"]["verdict"] == "before"
        assert finding["proof"]["before"] > 0
        assert finding["proof"]["after"] is None
        assert finding["severity"] == "warning"
        assert finding["advice"]
    (note,) = [note for note in document["notes"] if "--verify" in note]
    assert note.startswith("--verify: 2 of 2 findings with a proposal not checked in full: the extension")
    assert "CREATE EXTENSION hypopg" in note


def test_rights_are_missing_for_one_finding_only(run: Run, export: Path, bare: Postgres) -> None:
    role = f"verify_{os.getpid()}"
    bare.execute(
        f"CREATE ROLE {role} LOGIN;"
        f"GRANT SELECT (order_id, ordered_at, country, status, amount) ON orders TO {role}"
    )
    try:
        document = verify(run, export, bare.url.replace("//postgres@", f"//{role}:s3cr3t-w0rd@"), code=1)
    finally:
        bare.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
    found = by_filter(document)
    assert found["Customer"]["proof"]["verdict"] == "failed"
    assert "this account may not read public.orders.customer" in found["Customer"]["proof"]["sentence"]
    assert found["Country"]["proof"]["verdict"] == "before"
    # One of the charts shows customers.
    assert "permission denied for table orders" in " ".join(found["Country"]["proof"]["reasons"])


def test_a_table_that_is_not_there(run: Run, export: Path, bare: Postgres) -> None:
    bare.execute("ALTER TABLE orders RENAME TO sales")
    try:
        document = verify(run, export, bare.url, code=1)
    finally:
        bare.execute("ALTER TABLE sales RENAME TO orders")
    for finding in document["findings"]:
        assert finding["proof"]["verdict"] == "failed"
        assert finding["severity"] == "warning"
        assert finding["advice"]
    (note,) = [note for note in document["notes"] if "--verify" in note]
    assert (
        note
        == "--verify: 2 of 2 findings with a proposal not checked: the database has no table public.orders"
    )


def test_a_filters_default_is_its_value(run: Run, export: Path, bare: Postgres) -> None:
    file = export / "dashboards" / "Unindexed_1.yaml"
    empty = "    defaultDataMask:\n      extraFormData: {}\n      filterState: {}\n"
    chosen = (
        "    defaultDataMask:\n      extraFormData:\n        filters:\n"
        "        - {col: customer, op: IN, val: [nobody]}\n      filterState: {value: [nobody]}\n"
    )
    text = file.read_text()
    before, _, after = text.rpartition(empty)
    file.write_text(before + chosen + after)
    document = verify(run, export, bare.url, code=1)
    proof = by_filter(document)["Customer"]["proof"]
    assert (proof["verdict"], proof["statements"]) == ("before", 2)


def test_nothing_to_verify_is_said(run: Run, export: Path, bare: Postgres) -> None:
    result = run(
        "scan", export, "--catalog", export / "catalog", "--select", "DL301", "--verify", "--db", bare.url
    )
    assert "no finding proposes an index" in result.stderr


def test_mariadb_shows_the_plan_as_it_is(run: Run, export: Path) -> None:
    for name, old, new in (
        ("databases/warehouse.yaml", "postgresql+psycopg2://", "mysql://"),
        ("catalog/statistics.json", '"postgresql"', '"mysql"'),
        ("catalog/statistics.json", '"public"', '"shop"'),
        ("datasets/warehouse/orders.yaml", "schema: public", "schema: null"),
    ):
        path = export / name
        path.write_text(path.read_text().replace(old, new))
    (export / "catalog" / "schema.sql").write_text(
        "CREATE TABLE `orders` (`order_id` bigint PRIMARY KEY, `ordered_at` datetime, `country` varchar(40),"
        " `customer` varchar(80), `status` varchar(20), `amount` decimal(10,2)) ENGINE=InnoDB;"
    )
    file = export / "dashboards" / "Unindexed_1.yaml"
    text = file.read_text()
    for column in ("country", "customer"):
        empty = "      extraFormData: {}\n      filterState: {}\n"
        chosen = (
            f"      extraFormData:\n        filters:\n        - {{col: {column}, op: IN, val: [x7]}}\n"
            "      filterState: {value: [x7]}\n"
        )
        text = text.replace(empty, chosen, 1)
    file.write_text(text)
    with mariadb_database("verify") as database:
        load(database)
        url = os.environ.get("DASHLINT_TEST_MARIADB", "mysql://root@127.0.0.1:3306") + f"/{database.name}"
        document = verify(run, export, url, code=1)
    for finding in document["findings"]:
        proof = finding["proof"]
        assert (proof["engine"], proof["verdict"]) == ("MariaDB", "before")
        assert proof["plan_before"] == ["ALL on orders"]
        assert "read whole tables now" in proof["sentence"]
    assert any("MariaDB cannot try an index without creating it" in note for note in document["notes"])


def load(database: MariaDb) -> None:
    database.execute(
        "CREATE TABLE orders (order_id bigint PRIMARY KEY, ordered_at datetime, country varchar(40),"
        " customer varchar(80), status varchar(20), amount decimal(10,2));"
        "INSERT INTO orders SELECT seq, timestamp '2023-01-01 00:00:00' + INTERVAL seq * 6 MINUTE,"
        " concat('x', seq % 30),"
        f" concat('x', seq % 5000), 'paid', seq % 1000 FROM seq_1_to_{ROWS}; ANALYZE TABLE orders"
    )


# Wrong usage, and databases that cannot be asked


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (["--verify"], 2, "--verify needs a database"),
        (["--db", "postgresql://u:s3cr3t-w0rd@h/x"], 2, "--db is for --verify"),
        (["--verify", "--db", "postgresql://u:s3cr3t-w0rd@127.0.0.1:1/x"], 4, "no server answers"),
        (["--verify", "--db", "sqlite:///shop.db"], 2, "plans are read from PostgreSQL"),
        (["--verify", "--db", "oracle://u:s3cr3t-w0rd@h/x"], 2, "should begin with postgresql://"),
        (["--verify", "--db", "u:s3cr3t-w0rd@h"], 2, "should begin with postgresql://"),
        (["--verify", "--db", "postgresql://u:s3cr3t-w0rd@h:port/x"], 2, "cannot be read"),
    ],
)
def test_what_cannot_be_asked(run: Run, options: list[str], code: int, says: str) -> None:
    result = run("scan", FLAGGED, *options)
    assert result.code == code
    assert says in result.stderr
    assert result.stderr.count("\n") == 1
    assert "s3cr3t-w0rd" not in result.stderr


def test_a_refused_login(run: Run, export: Path) -> None:
    with mariadb_database("verify_login") as database:
        user = f"v{os.getpid()}"
        database.execute(
            f"CREATE USER {user}@'%' IDENTIFIED BY 'right';CREATE USER {user}@localhost IDENTIFIED BY 'right'"
        )
        try:
            url = f"mysql://{user}:s3cr3t-w0rd@127.0.0.1:3306/{database.name}"
            result = run("scan", export, "--verify", "--db", url, "--catalog", export / "catalog")
        finally:
            database.execute(f"DROP USER {user}@'%'; DROP USER {user}@localhost")
    assert result.code == 4
    assert "refused the login" in result.stderr
    assert "s3cr3t-w0rd" not in result.stdout + result.stderr


def test_which_database_it_is(run: Run, export: Path, bare: Postgres) -> None:
    second = (export / "databases" / "warehouse.yaml").read_text()
    second = second.replace("database_name: warehouse", "database_name: archive").replace("db01", "db02")
    (export / "databases" / "archive.yaml").write_text(second)
    arguments = ("scan", export, "--catalog", export / "catalog", "--verify", "--db", bare.url)
    unclear = run(*arguments)
    assert unclear.code == 2
    assert "Say --db-name; there are" in unclear.stderr
    assert run(*arguments, "--db-name", "nothing").code == 2
    other = run(*arguments, "--db-name", "archive", "--select", "DL202")
    assert "it is about another database" in other.stderr
    assert run(*arguments, "--db-name", "warehouse", "--select", "DL202").stderr.count("--verify") == 1


# Rows and memory


def test_rows_that_only_the_planner_knows(run: Run, tmp_path: Path, bare: Postgres) -> None:
    shutil.copytree(FIXTURES / "rules" / "DL202" / "flagged-virtual", tmp_path / "export")
    dataset = tmp_path / "export" / "datasets" / "warehouse" / "virtual_orders.yaml"
    stored = yaml.safe_load(dataset.read_text())
    # No statistics say how many rows such a condition leaves; there are as many countries as before.
    stored["sql"] = "SELECT o.* FROM public.orders o WHERE lower(o.status) LIKE '%id'"
    dataset.write_text(yaml.safe_dump(stored))
    arguments = ("cost", "export", "--catalog", "export/catalog", "--format", "json", *TODAY)
    plain = json.loads(run(*arguments).stdout)
    asked = json.loads(run(*arguments, "--verify", "--db", bare.url).stdout)
    jsonschema.validate(asked, COST_SCHEMA)
    for chart, before in zip(asked["dashboards"][0]["charts"], plain["dashboards"][0]["charts"], strict=True):
        assert before["rows"]["expected"] is before["cold"]["expected"] is None
        assert chart["rows"]["basis"] == chart["cold"]["basis"] == "explain"
        assert 0 < chart["rows"]["expected"] <= chart["rows"]["upper"] == before["rows"]["upper"]
