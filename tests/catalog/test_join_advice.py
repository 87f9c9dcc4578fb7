"""What we say of joins is what planners do with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest

from dashlint.analysis import Analysis
from dashlint.analysis.unserved_joins import UnservedJoin
from dashlint.assets import Dataset
from dashlint.catalog import ddl
from dashlint.catalog.advice import Wanted
from dashlint.catalog.load import CatalogSet
from dashlint.catalog.model import Catalog, Table
from dashlint.sources.export import read_export
from tests.catalog.databases import MariaDb, Postgres, mariadb_database, postgres_database
from tests.paths import FIXTURES

ORDERS, ITEMS = 100_000, 400_000
PG = f"""
CREATE TABLE orders (order_id bigint PRIMARY KEY, customer text, country text, ordered_at timestamp);
CREATE TABLE order_items (item_id bigint PRIMARY KEY, order_id bigint NOT NULL, product text, amount numeric);
INSERT INTO orders SELECT i, 'c' || i % 5000, 'x' || i % 30, timestamp '2024-01-01' + i * interval '1 minute'
    FROM generate_series(1, {ORDERS}) i;
INSERT INTO order_items SELECT i, 1 + (i::bigint * 7919) % {ORDERS}, 'p' || i % 2000, i % 1000
    FROM generate_series(1, {ITEMS}) i;
CREATE INDEX orders_customer ON orders (customer);
VACUUM ANALYZE;
"""
DISTINCT = {
    "orders": {"order_id": ORDERS, "customer": 5_000, "country": 30},
    "order_items": {"item_id": ITEMS, "order_id": ORDERS, "product": 2_000},
}
SQL = """SELECT o.ordered_at, o.customer, o.country, i.product, i.amount
FROM {orders} o {join} {items} i ON i.order_id = o.order_id"""


def with_statistics(table: Table, rows: int, size: int) -> Table:
    distinct = DISTINCT[table.name]
    columns = {
        name: column._replace(distinct=distinct.get(name), null_fraction=0.0, average_width=8.0)
        for name, column in table.columns.items()
    }
    return replace(table, columns=columns, rows=rows, bytes=size)


def joins(case: str, catalog: Catalog, sql: str) -> tuple[tuple[UnservedJoin, ...], Analysis, Dataset]:
    """What a fixture's charts and filters make of a dataset with this SQL, on real tables."""
    workspace = read_export([str(FIXTURES / "rules" / "DL510" / case)])
    (dataset,) = workspace.datasets
    changed = replace(dataset, sql=sql, schema=None)
    workspace = replace(workspace, datasets=(changed,))
    analysis = Analysis(workspace, catalogs=CatalogSet([catalog]), now=datetime(2026, 11, 21))
    found = analysis.advising.unserved_joins(changed, min_rows=10_000, min_comparisons=20_000_000)
    return found, analysis, changed


@pytest.fixture(scope="module")
def postgres() -> Iterator[tuple[Postgres, Catalog]]:
    with postgres_database("joins") as database:
        database.execute(PG)
        catalog, problems = ddl.read(database.dump())
        assert problems == ()
        sizes = database.json("SELECT json_object_agg(relname, pg_relation_size(oid)) FROM pg_class")
        rows = {"orders": ORDERS, "order_items": ITEMS}
        tables = [with_statistics(t, rows[t.name], sizes[t.name]) for t in catalog.tables]
        yield database, Catalog(tables, engine="postgresql")


def looks_up(database: Postgres, sql: str) -> bool:
    """Whether the plan looks up items by their order."""
    return any(
        "order_id" in node.get("Index Cond", "") and node.get("Relation Name", "order_items") == "order_items"
        for node in database.plan(sql)
    )


@pytest.mark.parametrize("join", ["JOIN", "LEFT JOIN"])
@pytest.mark.parametrize(
    ("case", "condition", "own"),
    [
        ("flagged", "customer = 'c77'", ""),
        ("clean-hash-join", "country = 'x7'", ""),
        ("flagged-own-condition", "true", "\nWHERE o.order_id IN (17, 4711)"),
        ("flagged-own-condition", "true", "\nWHERE o.order_id > 0"),
    ],
)
def test_postgresql_looks_rows_up_where_we_ask_for_an_index(
    postgres: tuple[Postgres, Catalog], case: str, condition: str, own: str, join: str
) -> None:
    database, catalog = postgres
    sql = SQL.format(orders="orders", items="order_items", join=join) + own
    found, analysis, dataset = joins(case, catalog, sql)
    query = f"SELECT product, sum(amount) FROM ({sql}) v WHERE {condition} GROUP BY product"
    assert not looks_up(database, query)
    table = catalog.table("order_items")
    assert table is not None
    (proposal,) = analysis.advising.proposals([Wanted(table, frozenset({"order_id"}), None, 1)], dataset)
    database.execute(proposal.statement)
    try:
        used = looks_up(database, query)
    finally:
        database.execute("DROP INDEX order_items_order_id_idx")
    assert [j.inner.name for j in found] == (["order_items"] if used else [])


MARIA = f"""
CREATE TABLE orders (order_id bigint NOT NULL, customer varchar(40), country varchar(40),
    ordered_at datetime);
CREATE TABLE order_items (item_id bigint PRIMARY KEY, order_id bigint NOT NULL, product varchar(40),
    amount decimal(10,2));
INSERT INTO orders SELECT seq, concat('c', seq % 5000), concat('x', seq % 30),
    '2024-01-01' + INTERVAL seq MINUTE FROM seq_1_to_{ORDERS};
INSERT INTO order_items SELECT seq, 1 + seq * 7919 % {ORDERS}, concat('p', seq % 2000), seq % 1000
    FROM seq_1_to_{ITEMS};
ANALYZE TABLE orders, order_items;
"""


@pytest.fixture(scope="module")
def mariadb() -> Iterator[tuple[MariaDb, Catalog]]:
    with mariadb_database("joins") as database:
        database.execute(MARIA)
        yield database, maria_catalog(database)


def maria_catalog(database: MariaDb) -> Catalog:
    catalog, problems = ddl.read(database.dump(), "mariadb")
    assert problems == ()
    rows = {"orders": ORDERS, "order_items": ITEMS}
    return Catalog(
        [with_statistics(t, rows[t.name], rows[t.name] * 60) for t in catalog.tables], engine="mariadb"
    )


@pytest.mark.parametrize("join", ["JOIN", "LEFT JOIN"])
def test_mariadb_compares_every_row_with_every_row_until_one_side_has_an_index(
    mariadb: tuple[MariaDb, Catalog], join: str
) -> None:
    database, catalog = mariadb
    sql = SQL.format(orders="orders", items="order_items", join=join)
    found, analysis, dataset = joins("flagged-mariadb", catalog, sql)
    query = f"EXPLAIN FORMAT=JSON SELECT product, sum(amount) FROM ({sql}) v GROUP BY product"
    assert "block-nl-join" in database.execute(query)
    (one,) = found
    assert one.inner.name == ("orders" if join == "JOIN" else "order_items")
    (proposal,) = analysis.advising.proposals([Wanted(one.inner, frozenset(one.columns), None, 1)], dataset)
    database.execute(proposal.statement)
    try:
        database.execute("ANALYZE TABLE orders, order_items")
        assert "block-nl-join" not in database.execute(query)
        after, _, _ = joins("flagged-mariadb", maria_catalog(database), sql)
        assert after == ()
    finally:
        database.execute(f"ALTER TABLE {one.inner.name} DROP INDEX {one.inner.name}_order_id_idx")
