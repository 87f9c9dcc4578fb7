"""What we say of a filter is what the planner does with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from dashlint.catalog import ddl
from dashlint.catalog.access import Knowledge, servable
from dashlint.catalog.model import Catalog, Table
from dashlint.sql.model import TableRef
from dashlint.sql.predicates import condition_issues
from tests.catalog.databases import MariaDb, Postgres, mariadb_database, postgres_database

ROWS = 60_000
PG_TABLE = f"""
CREATE EXTENSION pg_trgm;
CREATE TABLE facts (id int PRIMARY KEY, customer int, ts timestamp, day date, state text, code text, ref text,
    name text COLLATE "und-x-icu", plain text COLLATE "C", email varchar(60), note text, amount int, zip int,
    tags jsonb, seq int, filler text);
INSERT INTO facts SELECT i, i % 5000, timestamp '2020-01-01' + i * interval '5 minutes',
    date '2020-01-01' + i % 1500, CASE WHEN i % 50 = 0 THEN 'open' ELSE 'done' END, 'c' || i, 'r' || i,
    'n' || i, 'p' || i, 'User' || i || '@example.com', 'note ' || md5(i::text), i % 40000, i % 40000,
    jsonb_build_object('k', i), i, repeat('x', 200) FROM generate_series(1, {ROWS}) i;
CREATE INDEX facts_customer_ts ON facts (customer, ts);
CREATE INDEX facts_ts ON facts USING brin (ts);
CREATE INDEX facts_code ON facts USING hash (code);
CREATE INDEX facts_name ON facts (name);
CREATE INDEX facts_plain ON facts (plain);
CREATE INDEX facts_ref ON facts (ref text_pattern_ops);
CREATE INDEX facts_email ON facts (lower(email));
CREATE INDEX facts_open ON facts (day) WHERE state = 'open';
CREATE INDEX facts_note ON facts USING gin (note gin_trgm_ops);
CREATE INDEX facts_amount ON facts (amount) INCLUDE (zip);
CREATE INDEX facts_tags ON facts USING gin (tags);
CREATE INDEX facts_seq ON facts (seq DESC);
VACUUM ANALYZE facts;
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[tuple[Postgres, Table]]:
    with postgres_database("plans") as database:
        database.execute(PG_TABLE)
        catalog, problems = ddl.read(database.dump())
        table = catalog.table("facts")
        assert problems == ()
        assert table is not None
        yield database, table


def looked_up(database: Postgres, condition: str, column: str) -> bool:
    """Whether the plan looks the column up in an index (rather than filtering what it reads)."""
    plan = database.plan(f"SELECT * FROM facts WHERE {condition}")
    return any(column in node.get("Index Cond", "") for node in plan)


@pytest.mark.parametrize(
    ("condition", "column", "kind", "more"),
    [
        ("id = 77", "id", "equality", {}),
        ("id BETWEEN 50 AND 90", "id", "range", {}),
        ("customer = 77", "customer", "equality", {}),
        ("customer IN (77, 78)", "customer", "in", {}),
        ("ts < '2020-01-01 01:00'", "ts", "range", {}),
        ("customer = 77 AND ts < '2020-02-01'", "ts", "range", {"equalities": ("customer",)}),
        ("code = 'c77'", "code", "equality", {}),
        ("code < 'c10'", "code", "range", {}),
        ("name = 'n77'", "name", "equality", {}),
        ("name LIKE 'n777%'", "name", "prefix", {}),
        ("plain LIKE 'p777%'", "plain", "prefix", {}),
        ("ref LIKE 'r777%'", "ref", "prefix", {}),
        ("ref = 'r777'", "ref", "equality", {}),
        ("note LIKE '%c4ca4238a0b923%'", "note", "contains", {}),
        ("name LIKE '%777'", "name", "contains", {}),
        ("email = 'User77@example.com'", "email", "equality", {}),
        ("lower(email) = 'user77@example.com'", "email", "equality", {"expression": "lower(email)"}),
        ("upper(email) = 'USER77@EXAMPLE.COM'", "email", "equality", {"expression": "upper(email)"}),
        ("day = '2020-01-05'", "day", "equality", {}),
        ("day = '2020-01-05' AND state = 'open'", "day", "equality", {"conditions": ("state = 'open'",)}),
        (
            "day = '2020-01-05' AND state IN ('open', 'done')",
            "day",
            "equality",
            {"conditions": ("state IN ('open', 'done')",)},
        ),
        ("amount = 77", "amount", "equality", {}),
        ("zip = 77", "zip", "equality", {}),
        (f"seq > {ROWS - 10}", "seq", "range", {}),
        ("tags = '{\"k\": 77}'", "tags", "equality", {}),
        ("state = 'open'", "state", "equality", {}),
        ("id IS NULL", "id", "null", {}),
    ],
)
def test_postgresql_uses_an_index_where_we_say_so(
    postgres: tuple[Postgres, Table], condition: str, column: str, kind: str, more: dict[str, tuple[str, ...]]
) -> None:
    database, table = postgres
    access = servable(table, column, kind, "postgresql", **more)  # type: ignore[arg-type]
    uses = looked_up(database, condition, column)
    if kind == "null":  # the planner knows of a NOT NULL column that no row can match
        assert access.usable
        return
    assert access.usable is uses, access
    assert (access.index is not None) is uses
    assert access.reason


SARGABLE = [
    ("ts >= '2020-01-01' AND ts < '2020-01-02'", "ts"),
    ("date(ts) = '2020-01-05'", "ts"),
    ("ts::date = '2020-01-05'", "ts"),
    ("date_trunc('day', ts) = '2020-01-05'", "ts"),
    ("EXTRACT(year FROM ts) = 1999", "ts"),
    ("ts + interval '1 day' < '2020-01-03'", "ts"),
    ("seq + 0 = 7", "seq"),
    ("seq = 7 + 0", "seq"),
    ("seq::text = '7'", "seq"),
    ("coalesce(seq, 0) = 7", "seq"),
    ("plain = 'p7'", "plain"),
    ("plain::varchar = 'p7'", "plain"),
    ("plain LIKE 'p777%'", "plain"),
    ("plain LIKE '%777'", "plain"),
    ("plain ILIKE 'p7777%'", "plain"),
    ("upper(plain) = 'P7'", "plain"),
    ("lower(email) = 'user7@example.com'", "email"),
    ("trim(email) = 'user7@example.com'", "email"),
    ("seq = 7 OR id = 9", "seq"),
    ("seq = 7 OR zip = 9", "seq"),
    ("seq = 7 OR seq = 9", "seq"),
    ("note ILIKE '%c4ca4238a0b923%'", "note"),
]


@pytest.mark.parametrize(("condition", "column"), SARGABLE)
def test_postgresql_cannot_use_an_index_where_we_flag_the_condition(
    postgres: tuple[Postgres, Table], condition: str, column: str
) -> None:
    database, table = postgres
    known = Knowledge(Catalog([table], engine="postgresql"))
    issues = condition_issues(condition, "postgresql", table=TableRef("facts"), known=known)
    assert looked_up(database, condition, column) is (issues == ()), issues


MARIA_TABLE = f"""
CREATE TABLE facts (id int PRIMARY KEY, customer int, ts datetime, day date, code varchar(20),
    name varchar(20), zip int, body varchar(200), KEY (customer, ts), KEY (ts), KEY (code), KEY (name(4)),
    FULLTEXT KEY (body), KEY (day, zip));
INSERT INTO facts SELECT seq, seq % 5000, '2020-01-01' + INTERVAL seq * 5 MINUTE,
    '2020-01-01' + INTERVAL seq % 1500 DAY, concat('c', seq), concat('n', seq), seq % 40000, md5(seq)
    FROM seq_1_to_{ROWS};
ANALYZE TABLE facts;
"""


@pytest.fixture(scope="module")
def mariadb() -> Iterator[tuple[MariaDb, Table]]:
    with mariadb_database("plans") as database:
        database.execute(MARIA_TABLE)
        catalog, problems = ddl.read(database.dump(), "mariadb")
        table = catalog.table("facts")
        assert problems == ()
        assert table is not None
        yield database, table


@pytest.mark.parametrize(
    ("condition", "column", "kind", "equalities"),
    [
        ("id = 7", "id", "equality", ()),
        ("customer = 7", "customer", "equality", ()),
        ("ts < '2020-01-02'", "ts", "range", ()),
        ("code = 'c7'", "code", "equality", ()),
        ("code LIKE 'c777%'", "code", "prefix", ()),
        ("code LIKE '%777'", "code", "contains", ()),
        ("name = 'n7777'", "name", "equality", ()),
        ("zip = 7", "zip", "equality", ()),
        ("day = '2020-01-05' AND zip = 4", "zip", "equality", ("day",)),
        ("body = 'x'", "body", "equality", ()),
    ],
)
def test_mariadb_uses_an_index_where_we_say_so(
    mariadb: tuple[MariaDb, Table], condition: str, column: str, kind: str, equalities: tuple[str, ...]
) -> None:
    database, table = mariadb
    access = servable(table, column, kind, "mariadb", equalities=equalities)
    assert access.usable is database.uses_index(f"SELECT * FROM facts WHERE {condition}"), access


@pytest.mark.parametrize(
    "condition",
    [
        "code = '5'",
        "code = 5",
        "customer = '5'",
        "month(ts) = 13",
        "ts + INTERVAL 1 DAY < '2020-01-03'",
        "ts >= '2020-01-01' AND ts < '2020-01-02'",
        "customer + 0 = 7",
        "lower(code) = 'c7'",
        "cast(code AS char) = 'c7'",
        "code LIKE '%7777'",
        "code LIKE 'c7777%'",
        "customer = 7 OR code = 'c9'",
        "customer = 7 OR zip = 9",
    ],
)
def test_mariadb_cannot_use_an_index_where_we_flag_the_condition(
    mariadb: tuple[MariaDb, Table], condition: str
) -> None:
    database, table = mariadb
    known = Knowledge(Catalog([table], engine="mariadb"))
    issues = condition_issues(condition, "mariadb", table=TableRef("facts"), known=known)
    assert database.uses_index(f"SELECT * FROM facts WHERE {condition}") is (issues == ()), issues


SQLITE_TABLE = """
CREATE TABLE facts (id INTEGER PRIMARY KEY, customer int, ts text, code text,
    name text COLLATE NOCASE, zip int);
CREATE INDEX facts_customer ON facts (customer, ts);
CREATE INDEX facts_ts ON facts (ts);
CREATE INDEX facts_code ON facts (code);
CREATE INDEX facts_name ON facts (name);
CREATE INDEX facts_part ON facts (zip) WHERE code IS NOT NULL;
CREATE INDEX facts_expr ON facts (upper(code));
"""


@pytest.mark.parametrize(
    ("condition", "column", "kind", "more"),
    [
        ("id = 7", "id", "equality", {}),
        ("customer = 7", "customer", "equality", {}),
        ("ts > '2020'", "ts", "range", {}),
        ("code = 'x'", "code", "equality", {}),
        ("code = 5", "code", "equality", {}),
        ("code LIKE 'x%'", "code", "prefix", {}),
        ("name LIKE 'x%'", "name", "prefix", {}),
        ("zip = 7", "zip", "equality", {}),
        ("zip = 7 AND code > 'a'", "zip", "equality", {"conditions": ("code > 'a'",)}),
        ("upper(code) = 'X'", "code", "equality", {"expression": "upper(code)"}),
        ("lower(code) = 'x'", "code", "equality", {"expression": "lower(code)"}),
    ],
)
def test_sqlite_uses_an_index_where_we_say_so(
    condition: str, column: str, kind: str, more: dict[str, tuple[str, ...]]
) -> None:
    connection = sqlite3.connect(":memory:")
    connection.executescript(SQLITE_TABLE)
    catalog, _ = ddl.read(SQLITE_TABLE, "sqlite")
    table = catalog.table("facts")
    assert table is not None
    access = servable(table, column, kind, "sqlite", **more)  # type: ignore[arg-type]
    plan = " ".join(
        row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN SELECT * FROM facts WHERE {condition}")
    )
    wanted = access.index.name if access.index is not None and access.index.name else "INTEGER PRIMARY KEY"
    used = "SEARCH" in plan and (not more or wanted in plan)
    assert access.usable is used, (access, plan)
