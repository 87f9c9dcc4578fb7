"""Which table's rows a SELECT passes on, and where nobody can tell."""

from __future__ import annotations

import sqlite3

import pytest

from dashlint.sql.model import TableRef
from dashlint.sql.row_source import Comparison, comparisons, row_source

#: Tables with the columns that identify a row.
KEYS = {"orders": {"id"}, "customers": {"id"}, "countries": {"code"}, "pairs": {"a", "b"}}


def unique(table: TableRef, columns: frozenset[str]) -> bool:
    return table.name in KEYS and columns >= KEYS[table.name]


def driver(sql: str) -> str | None:
    """The table whose rows come out once at most."""
    found = row_source(sql, "postgresql")
    number = found.driver(unique) if found is not None else None
    return found.tables[number].name if found is not None and number is not None else None


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        ("SELECT * FROM orders", "orders"),
        ("SELECT o.* FROM orders o LEFT JOIN customers c ON c.id = o.customer_id", "orders"),
        ("SELECT * FROM customers c JOIN orders o ON o.customer_id = c.id", "orders"),
        ("SELECT * FROM items i, orders o WHERE i.order_id = o.id AND o.total > 5", "items"),
        (
            "SELECT 1 FROM items i JOIN orders o ON i.order_id = o.id JOIN customers c ON c.id = o.buyer",
            "items",
        ),
        ("SELECT * FROM orders JOIN customers USING (id)", "orders"),
        ("SELECT * FROM items i JOIN pairs p ON p.a = i.a AND p.b = i.b", "items"),
        # The customers who never ordered stay, and each order is a row.
        ("SELECT * FROM customers c LEFT JOIN orders o ON o.customer_id = c.id", None),
        ("SELECT * FROM items i JOIN pairs p ON p.a = i.a", None),
        ("SELECT * FROM orders, customers", None),
        # Customers and countries are tied to each other, but not to the orders.
        ("SELECT * FROM items, customers c, countries d WHERE c.id = d.code", None),
        ("SELECT * FROM items i JOIN orders o ON o.id > i.order_id", None),
        ("SELECT * FROM orders o RIGHT JOIN customers c ON c.id = o.customer_id", None),
        ("SELECT * FROM orders UNION ALL SELECT * FROM orders", None),
        ("SELECT * FROM (SELECT * FROM orders) o", None),
        ("SELECT unnest(tags) FROM orders", None),
        ("SELECT * FROM generate_series(1, 10)", None),
        ("WITH o AS (SELECT * FROM orders, customers) SELECT * FROM o", None),
        ("SELECT country, count(*) FROM customers GROUP BY ROLLUP (country)", None),
        ("SELECT country, city FROM customers GROUP BY GROUPING SETS ((country), (city))", None),
        ("SELECT * FROM orders, LATERAL (SELECT 1) x", None),
        ("SELECT FROM WHERE", None),
        ("SELECT * FROM orders; SELECT * FROM customers", None),
    ],
)
def test_driver(sql: str, table: str | None) -> None:
    assert driver(sql) == table


@pytest.mark.parametrize(
    ("sql", "engine"),
    [
        ("SELECT * FROM orders UNPIVOT (v FOR q IN (q1, q2)) AS u", "snowflake"),
        ("SELECT a, count() FROM orders GROUP BY a WITH TOTALS", "clickhouse"),
        ("SELECT a FROM orders ARRAY JOIN tags", "clickhouse"),
        ("SELECT * FROM orders LATERAL VIEW explode(tags) t AS tag", "hive"),
        ("SELECT * FROM orders o, UNNEST(o.tags) t", "bigquery"),
        ("SELECT a FROM orders GROUP BY a WITH ROLLUP", "mysql"),
        ("SELECT level FROM orders CONNECT BY PRIOR id = parent", "oracle"),
    ],
)
def test_rows_that_are_made(sql: str, engine: str) -> None:
    found = row_source(sql, engine)
    assert found is None or found.driver(unique) is None


@pytest.mark.parametrize(
    ("sql", "reduces"),
    [
        ("SELECT country, city FROM customers", False),
        ("SELECT id, row_number() OVER (ORDER BY id) FROM orders", False),
        ("SELECT sum(total) OVER (PARTITION BY day) FROM orders", False),
        ("SELECT country, count(*) FROM customers GROUP BY 1", True),
        ("SELECT DISTINCT country FROM customers", True),
        ("SELECT max(id) FROM orders", True),
        ("SELECT * FROM orders LIMIT 10", True),
    ],
)
def test_what_takes_rows_away(sql: str, *, reduces: bool) -> None:
    found = row_source(sql, "postgresql")
    assert found is not None
    assert found.reduces is reduces


def test_conditions() -> None:
    condition = (
        "a = 'x' AND b IN (1, 2) AND NOT c IS NULL AND d IS NULL AND e >= DATE '2025-01-01' AND f AND NOT g "
        "AND h <> 3 AND i NOT IN ('p') AND lower(j) = 'x' AND (k = 1 OR l = 2) AND m LIKE 'x%' AND n = o"
    )
    unknown = Comparison(None, None, "?")
    assert comparisons(condition, "postgresql") == (
        (0, "a", "==", "x"),
        (0, "b", "IN", ["1", "2"]),
        (0, "c", "IS NOT NULL", None),
        (0, "d", "IS NULL", None),
        (0, "e", ">=", "2025-01-01"),
        (0, "f", "IS TRUE", None),
        (0, "g", "IS FALSE", None),
        (0, "h", "!=", "3"),
        (0, "i", "NOT IN", ["p"]),
        unknown,
        unknown,
        unknown,
        unknown,
    )
    assert comparisons("a = -- nothing", "postgresql") == (unknown,)


@pytest.mark.parametrize(
    ("condition", "op", "value"),
    [
        ("EXTRACT(YEAR FROM at) >= 2025", ">=", "2025-01-01"),
        ("EXTRACT(YEAR FROM at) > 2025", ">=", "2026-01-01"),
        ("EXTRACT(YEAR FROM at) < 2025", "<", "2025-01-01"),
        ("date_part('year', at) <= 2025", "<", "2026-01-01"),
        ("EXTRACT(MONTH FROM at) > 3", "?", None),
        ("EXTRACT(YEAR FROM at) = 2025", "?", None),
        ("NOT EXTRACT(YEAR FROM at) > 2025", "?", None),
        ("EXTRACT(YEAR FROM at) > other", "?", None),
    ],
)
def test_a_condition_on_the_year_is_one_on_the_moment(condition: str, op: str, value: str | None) -> None:
    (found,) = comparisons(condition, "postgresql")
    assert (found.column, found.op, found.value) == (None if op == "?" else "at", op, value)


def test_a_left_joins_condition_takes_nothing_away() -> None:
    found = row_source(
        "SELECT * FROM orders o LEFT JOIN customers c ON c.id = o.customer_id AND c.active", "sqlite"
    )
    assert found is not None
    assert found.conditions == ()


def test_never_more_rows_than_the_driver_has() -> None:
    """SQLite runs what is said to pass on a table's rows."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(
        """
        CREATE TABLE customers (id INTEGER PRIMARY KEY, country TEXT);
        CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, total INTEGER);
        CREATE TABLE items (order_id INTEGER, n INTEGER);
        INSERT INTO customers VALUES (1, 'AT'), (2, 'DE'), (3, 'DE');
        INSERT INTO orders VALUES (1, 1, 5), (2, 1, 6), (3, 2, 7), (4, 9, 8);
        INSERT INTO items VALUES (1, 1), (1, 2), (2, 1), (3, 1), (8, 1), (1, 1);
        """
    )
    statements = (
        "SELECT o.* FROM orders o LEFT JOIN customers c ON c.id = o.customer_id",
        "SELECT * FROM customers c JOIN orders o ON o.customer_id = c.id",
        "SELECT * FROM items i, orders o WHERE i.order_id = o.id AND o.total > 5",
        "SELECT * FROM items i JOIN orders o ON i.order_id = o.id JOIN customers c ON c.id = o.customer_id",
        "SELECT c.country, count(*) FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY 1",
    )
    for sql in statements:
        table = driver(sql)
        assert table is not None
        rows = len(connection.execute(sql).fetchall())
        (held,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        assert 0 < rows <= held
    connection.close()
