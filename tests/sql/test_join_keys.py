from __future__ import annotations

import pytest

from dashlint.sql.join_keys import join_keys


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT * FROM orders o JOIN customers c ON c.id = o.customer", ["orders.customer = customers.id"]),
        ("SELECT * FROM orders o, customers c WHERE o.customer = c.id", ["orders.customer = customers.id"]),
        ("SELECT * FROM orders JOIN customers USING (customer_id)",
         ["orders.customer_id = customers.customer_id"]),
        ("SELECT * FROM orders o LEFT JOIN customers c ON (c.id) = o.customer_id AND c.region = o.region",
         ["orders.customer_id = customers.id, orders.region = customers.region (customers optional)"]),
        ("SELECT * FROM orders o RIGHT JOIN customers c ON c.id = o.customer_id",
         ["orders.customer_id = customers.id (orders optional)"]),
        ("SELECT * FROM a JOIN b ON a.x = b.x JOIN c ON c.y = b.y", ["a.x = b.x", "b.y = c.y"]),
        ("WITH w AS (SELECT o.v FROM orders o JOIN customers c ON c.id = o.cid) SELECT * FROM w",
         ["orders.cid = customers.id"]),
        ("SELECT * FROM orders o JOIN (SELECT id FROM customers) c ON c.id = o.customer_id", []),
        ("SELECT * FROM orders o JOIN orders p ON p.id = o.parent", []),
        ("SELECT * FROM orders o JOIN customers c ON lower(c.mail) = o.mail", []),
        ("SELECT * FROM orders o JOIN customers c ON c.id > o.customer_id", []),
        ("SELECT * FROM orders o WHERE o.a = 1", []),
        ("SELECT * FROM (", []),
    ],
)  # fmt: skip
def test_joins_of_tables_on_plain_columns(sql: str, expected: list[str]) -> None:
    found = []
    for key in join_keys(sql, "postgresql"):
        pairs = ", ".join(f"{key.first.name}.{a} = {key.second.name}.{b}" for a, b in key.columns)
        found.append(pairs + (f" ({key.optional.name} optional)" if key.optional is not None else ""))
    assert found == expected


def test_the_line_is_that_of_the_second_table() -> None:
    (key,) = join_keys("SELECT *\nFROM orders o\nJOIN customers c ON c.id = o.cid", "postgresql", "shop")
    assert key.line == 3
    assert key.first.schema == "shop"
