"""A star schema with skew, the same in PostgreSQL and MariaDB; some of its indexes are missing.

Numbers come from multiplication and remainder, so that every run makes the same rows. Of the facts, one in 50
is returned, a tenth has one of 2,000 coupons, a few customers buy most, and time passes with the key.
"""

from __future__ import annotations

import os
import random
import re

#: Facts. The full size is 2,000,000: ``make warehouse``.
ROWS = int(os.environ.get("DASHLINT_TEST_WAREHOUSE_ROWS", "200000"))
CUSTOMERS = max(120_000, ROWS // 10)
FIRST, DAYS = "2021-01-01", 1826  # to 2025-12-31
NOW = "2026-01-01"
TABLES = ("dim_customer", "dim_product", "dim_store", "fact_orders", "fact_events")

_TABLES = """
CREATE TABLE dim_customer (id INT PRIMARY KEY, name VARCHAR(40), country VARCHAR(2), segment VARCHAR(10),
  city VARCHAR(20), joined DATE, zip VARCHAR(8));
CREATE TABLE dim_product (id INT PRIMARY KEY, name VARCHAR(40), category VARCHAR(20), price NUMERIC(10, 2));
CREATE TABLE dim_store (id INT PRIMARY KEY, name VARCHAR(40), region VARCHAR(10));
CREATE TABLE fact_orders (id BIGINT PRIMARY KEY, ordered_at {time} NOT NULL, paid_at {time},
  customer_id INT, product_id INT, store_id INT, channel VARCHAR(10), status VARCHAR(10),
  coupon VARCHAR(12), email VARCHAR(60),
  zip VARCHAR(8), quantity INT, amount NUMERIC(10, 2), gift BOOLEAN, note VARCHAR(120));
CREATE TABLE fact_events (id BIGINT PRIMARY KEY, happened_at {time} NOT NULL, day DATE, user_id INT,
  kind VARCHAR(12), page VARCHAR(30), ms INT);
INSERT INTO dim_customer SELECT i, concat('Customer ', i), {country}, {segment},
  concat('City ', i % 900), {first_day} + {days_from:i % 1826}, concat('9', 10000 + i % 50000)
  FROM {series:CUSTOMERS};
INSERT INTO dim_product SELECT i, concat('Product ', i), concat('Category ', i % 40), 1 + i % 300
  FROM {series:4000};
INSERT INTO dim_store SELECT i, concat('Store ', i), concat('Region ', i % 8) FROM {series:300};
INSERT INTO fact_orders SELECT i, {first} + {seconds_from:i * (1826.0 * 86400 / ROWS)},
  {first} + {seconds_from:{u:1} * 1826 * 86400},
  1 + floor(power({u:2}, 3) * CUSTOMERS), 1 + floor({u:3} * 4000), 1 + floor(power({u:4}, 2) * 300),
  CASE WHEN {u:5} < 0.7 THEN 'web' WHEN {u:5} < 0.9 THEN 'shop' WHEN {u:5} < 0.99 THEN 'app' ELSE 'phone' END,
  CASE WHEN {u:6} < 0.95 THEN 'done' WHEN {u:6} < 0.97 THEN 'returned' WHEN {u:6} < 0.999 THEN 'open'
    ELSE 'disputed' END,
  CASE WHEN {u:7} < 0.1 THEN concat('C', floor({u:8} * 2000)) END,
  concat('user', 1 + floor({u:9} * CUSTOMERS), '@example.com'), concat('9', 10000 + floor({u:10} * 50000)),
  1 + floor(power({u:11}, 4) * 60), 1 + floor({u:12} * 100000) / 100, {u:13} < 0.02,
  concat('note ', i, ' of an order that has some words to tell') FROM {series:ROWS};
INSERT INTO fact_events SELECT i, {first} + {seconds_from:i * (1826.0 * 86400 / ROWS)},
  {first_day} + {days_from:floor(i * (1826.0 / ROWS))}, 1 + floor({u:14} * 40000),
  CASE WHEN {u:15} < 0.8 THEN 'view' WHEN {u:15} < 0.98 THEN 'click' WHEN {u:15} < 0.999 THEN 'search'
    ELSE 'error' END,
  concat('/page/', floor(power({u:16}, 3) * 3000)), floor({u:17} * 5000) FROM {series:ROWS};
CREATE INDEX orders_customer ON fact_orders (customer_id);
CREATE INDEX orders_store_paid ON fact_orders (store_id, paid_at);
CREATE INDEX orders_status ON fact_orders (status);
CREATE INDEX events_happened ON fact_events (happened_at);
CREATE INDEX events_kind_user ON fact_events (kind, user_id);
CREATE INDEX customer_city ON dim_customer (city);
"""
_VIEWS = """
CREATE VIEW v_orders AS SELECT o.id, o.ordered_at, o.paid_at, o.coupon AS voucher, o.customer_id AS buyer,
  o.quantity, o.amount, lower(o.email) AS mail FROM fact_orders o WHERE o.status <> 'open';
CREATE VIEW v_big_orders AS SELECT id, ordered_at, voucher AS code, buyer, mail, amount FROM v_orders
  WHERE amount > 10;
"""
#: Odd numbers without pattern: the multiples of two of them, modulo 2**32, know nothing of each other.
_RANDOM = random.Random(42)
_FACTORS = tuple(_RANDOM.getrandbits(32) | 1 for _ in range(40))


def _fraction(number: str, cast: str) -> str:
    return f"((i{cast} * {_FACTORS[int(number)]} + {int(number) * 77_777_777}) % 4294967296) / 4294967296.0"


def script(engine: str) -> str:
    """Tables, rows, indexes and views."""
    postgres = engine == "postgresql"
    country = (
        "CASE WHEN i % 100 < 60 THEN 'DE' WHEN i % 100 < 90 THEN 'FR' WHEN i % 100 < 99 THEN 'IT' "
        "ELSE concat(substr('ABCDEFGHIJ', 1 + (i / 100) % 10, 1), 'X') END"
    )
    if not postgres:
        country = country.replace("(i / 100)", "(i DIV 100)")
    words = {
        "time": "TIMESTAMP" if postgres else "DATETIME",
        "country": country,
        "segment": "CASE WHEN i % 50 = 0 THEN 'VIP' ELSE 'Regular' END",
        "first": f"timestamp '{FIRST} 00:00:00'",
        "first_day": f"date '{FIRST}'",
    }
    text = _TABLES
    for name, value in words.items():
        text = text.replace(f"{{{name}}}", value)
    text = re.sub(r"\{u:(\d+)\}", lambda m: f"({_fraction(m[1], '::bigint' if postgres else '')})", text)
    text = re.sub(r"\{seconds_from:([^{}]*)\}", lambda m: _seconds(m[1], postgres=postgres), text)
    text = re.sub(r"\{days_from:([^{}]*)\}", lambda m: _days(m[1], postgres=postgres), text)
    series = r"generate_series(1, \1) i" if postgres else r"(SELECT seq AS i FROM seq_1_to_\1) s"
    text = re.sub(r"\bROWS\b", str(ROWS), re.sub(r"\bCUSTOMERS\b", str(CUSTOMERS), text))
    text = re.sub(r"\{series:(\w+)\}", series, text)
    return text + _VIEWS + gathered(engine)


def gathered(engine: str) -> str:
    """The statements that gather statistics, as the manuals advise."""
    if engine == "postgresql":
        return "VACUUM ANALYZE;\n"
    # MariaDB's own histograms are text since 10.8.
    return f"SET histogram_type = 'JSON_HB';\nANALYZE TABLE {', '.join(TABLES)} PERSISTENT FOR ALL;\n"


def _seconds(expression: str, *, postgres: bool) -> str:
    return f"({expression}) * interval '1 second'" if postgres else f"INTERVAL floor({expression}) SECOND"


def _days(expression: str, *, postgres: bool) -> str:
    return f"({expression})::int" if postgres else f"INTERVAL ({expression}) DAY"
