from __future__ import annotations

import pytest

from dashlint.catalog import ddl
from dashlint.catalog.model import Index, IndexColumn, Table
from dashlint.catalog.redundancy import drop_sql, redundant_indexes
from tests.catalog.databases import mariadb_database, postgres_database

PG = """
CREATE SCHEMA "Shop";
CREATE TABLE "Shop".orders (id int PRIMARY KEY, country text, customer int, ts timestamp, note text);
INSERT INTO "Shop".orders SELECT i, 'c' || i % 30, i % 5000, timestamp '2024-01-01' + i * interval '1 minute',
    'n' FROM generate_series(1, 50000) i;
CREATE INDEX "by Country" ON "Shop".orders (country);
CREATE INDEX country_ts ON "Shop".orders (country, ts);
CREATE INDEX customer_1 ON "Shop".orders (customer);
CREATE INDEX customer_2 ON "Shop".orders (customer);
CREATE INDEX ts_down ON "Shop".orders (ts DESC);
CREATE INDEX ts_up ON "Shop".orders (ts, id);
CREATE INDEX part ON "Shop".orders (customer) WHERE country = 'c1';
CREATE INDEX covering ON "Shop".orders (ts) INCLUDE (note);
CREATE INDEX hashed ON "Shop".orders USING hash (customer);
CREATE UNIQUE INDEX guard ON "Shop".orders (id, ts);
ANALYZE "Shop".orders;
"""


def test_postgresql_drops_what_we_call_redundant_and_finds_rows_as_before() -> None:
    with postgres_database("redundant") as database:
        database.execute(PG)
        catalog, problems = ddl.read(database.dump())
        assert problems == ()
        table = catalog.table("orders")
        assert table is not None
        found = redundant_indexes(table)
        assert {(r.index.name, r.by.name) for r in found} == {
            ("by Country", "country_ts"),
            ("customer_2", "customer_1"),
        }
        for one in found:
            statement = drop_sql(table, one.index, "postgresql")
            assert statement is not None
            database.execute(statement)
        for condition in ("country = 'c7'", "customer = 7"):
            plan = database.plan(f'SELECT * FROM "Shop".orders WHERE {condition}')
            assert any("Index Cond" in node for node in plan)
        after, _ = ddl.read(database.dump())
        left = after.table("orders")
        assert left is not None
        assert redundant_indexes(left) == ()


def test_mariadb_drops_what_we_call_redundant() -> None:
    with mariadb_database("redundant") as database:
        database.execute(
            "CREATE TABLE orders (id int PRIMARY KEY, a int, b int, name varchar(50), KEY `a key` (a), "
            "KEY ab (a, b), KEY short (name(4)), KEY full (name, a))"
        )
        catalog, _ = ddl.read(database.dump(), "mariadb")
        table = catalog.table("orders")
        assert table is not None
        # The first four letters of a name are another key than the name.
        (one,) = redundant_indexes(table)
        assert (one.index.name, one.by.name) == ("a key", "ab")
        statement = drop_sql(table, one.index, "mariadb")
        assert statement is not None
        database.execute(statement)
        assert "`a key`" not in database.dump()


def test_of_three_equal_indexes_one_stays() -> None:
    keys = (IndexColumn("a"),)
    table = Table("t", indexes=(Index("x", keys), Index("y", keys), Index("z", keys)))
    assert {(r.index.name, r.by.name) for r in redundant_indexes(table)} == {("y", "x"), ("z", "x")}


@pytest.mark.parametrize(
    ("engine", "statement"),
    [
        ("postgresql", "DROP INDEX CONCURRENTLY s.i;"),
        ("oracle", 'DROP INDEX "S"."I";'),
        ("mssql", "DROP INDEX [i] ON [s].[t];"),
        ("mysql", "ALTER TABLE `s`.`t` DROP INDEX `i`;"),
        ("sqlite", 'DROP INDEX "s"."i";'),
    ],
)
def test_each_engine_has_its_own_words_for_dropping(engine: str, statement: str) -> None:
    index = Index("i", (IndexColumn("a"),))
    assert drop_sql(Table("t", "s", indexes=(index,)), index, engine) == statement
    assert drop_sql(Table("t", "s"), Index(None, index.columns), engine) is None
