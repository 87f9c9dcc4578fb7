"""Catalogs read from a real PostgreSQL."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dashlint.assets import Problem
from dashlint.catalog import live, snapshot
from dashlint.catalog.live.address import parse
from dashlint.catalog.live.session import connected
from dashlint.catalog.model import Catalog, ColumnStatistics, Index, IndexColumn, Table
from tests.catalog.databases import SCRATCH, Postgres, postgres_database

ROLE = f"{SCRATCH}_reader"
SCHEMA = """
CREATE EXTENSION postgres_fdw; CREATE EXTENSION pg_trgm; CREATE SCHEMA sales; CREATE SCHEMA "Odd ""Name";
CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE DOMAIN amount AS numeric(12,2);
CREATE TYPE pair AS (a int, b text);

CREATE TABLE sales.orders (
    id bigint PRIMARY KEY, country text NOT NULL, at timestamp NOT NULL, paid date, total amount, mood mood,
    p pair, tags text[], zone timestamptz, note text
);
INSERT INTO sales.orders
SELECT i, CASE WHEN i % 4 = 0 THEN 'DE' WHEN i % 10 = 1 THEN 'FR' ELSE 'c' || i % 97 END,
       timestamp '2024-01-01' + i * interval '1 minute',
       CASE WHEN i % 5 > 0 THEN date '2024-01-01' + i % 300 END, i / 100.0,
       CASE WHEN i % 3 = 0 THEN 'good' ELSE 'bad' END::mood, ROW(i % 3, 'x'::text)::pair, ARRAY['t' || i % 6],
       timestamptz '2024-01-01 00:00+00' + i % 50 * interval '1 hour', repeat('long ', 40) || i
FROM generate_series(1, 20000) i;
CREATE INDEX orders_at ON sales.orders USING brin (at);
CREATE INDEX orders_open ON sales.orders (at DESC) INCLUDE (total) WHERE paid IS NULL;
CREATE INDEX orders_lower ON sales.orders (lower(country) text_pattern_ops);
CREATE INDEX orders_note ON sales.orders USING gin (note gin_trgm_ops);
CREATE INDEX orders_c ON sales.orders (country COLLATE "C");

CREATE TABLE visits (at date NOT NULL, page text, ms int) PARTITION BY RANGE (at);
CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE "Odd ""Name".visits_2 PARTITION OF visits FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
CREATE TABLE visits_3 PARTITION OF visits FOR VALUES FROM ('2024-03-01') TO ('2024-04-01');
INSERT INTO visits SELECT date '2024-01-01' + i % 60, 'p' || i % 8, i FROM generate_series(0, 5999) i;
CREATE TABLE parent (a int); CREATE TABLE child () INHERITS (parent); CREATE INDEX ON parent (a);
INSERT INTO parent SELECT generate_series(1, 100); INSERT INTO child SELECT generate_series(1, 400);

CREATE VIEW v1 AS SELECT country, total FROM sales.orders;
CREATE VIEW v2 AS SELECT country, sum(total) AS total FROM v1 GROUP BY country;
CREATE VIEW circle AS SELECT 1 AS a; CREATE VIEW round AS SELECT a FROM circle;
CREATE OR REPLACE VIEW circle AS SELECT a FROM round;
CREATE MATERIALIZED VIEW sums AS SELECT country, count(*) AS n FROM sales.orders GROUP BY country;
CREATE UNIQUE INDEX sums_country ON sums (country);
CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '192.0.2.1', dbname 'x');
CREATE FOREIGN TABLE far (id int, what text) SERVER elsewhere;
CREATE TABLE "Odd ""Name"."Odd.Table:x%" ("a:b%c" int);
"""


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    with postgres_database("live") as made:
        made.execute(SCHEMA)
        made.execute("ANALYZE")
        yield made


@pytest.fixture(scope="module")
def catalog(database: Postgres) -> Catalog:
    return read(database.url)[0]


def read(url: str, **options: object) -> tuple[Catalog, dict[str, str]]:
    catalog, problems = live.read(url, live.LiveOptions(**options))  # type: ignore[arg-type]
    return catalog, by_kind(problems)


def by_kind(problems: tuple[Problem, ...]) -> dict[str, str]:
    told: dict[str, str] = {}
    for problem in problems:
        told[problem.kind] = f"{told.get(problem.kind, '')} {problem.message}".strip()
    return told


def found(catalog: Catalog, name: str, schema: str = "public") -> Table:
    table = catalog.table(name, schema)
    assert table is not None
    return table


def column(catalog: Catalog, table: str, name: str, schema: str = "public") -> ColumnStatistics:
    known = found(catalog, table, schema).column(name)
    assert known is not None
    return known


def test_columns_say_what_pg_stats_says(database: Postgres, catalog: Catalog) -> None:
    orders = found(catalog, "orders", "sales")
    assert orders.rows == 20000
    assert orders.bytes == database.json("SELECT pg_table_size('sales.orders')")
    kinds = {c.name: (c.type, c.nullable) for c in orders.columns.values()}
    assert kinds["at"] == ("timestamp without time zone", False)
    assert kinds["total"] == ("public.amount", True)
    assert kinds["mood"] == ("public.mood", True)
    assert kinds["tags"] == ("text[]", True)
    country, paid = orders.columns["country"], orders.columns["paid"]
    assert country.distinct == database.json("SELECT count(DISTINCT country) FROM sales.orders")
    assert dict(country.common or ())["DE"] == pytest.approx(0.25, abs=0.001)
    assert dict(country.common or ())["FR"] == pytest.approx(0.1, abs=0.001)
    assert paid.null_fraction == pytest.approx(0.2, abs=0.001)
    assert orders.columns["id"].distinct == 20000
    assert (orders.columns["id"].minimum, orders.columns["id"].maximum) == ("1", "20000")
    assert (paid.minimum, paid.maximum) == ("2024-01-02", "2024-10-26")
    assert orders.columns["at"].minimum == "2024-01-01 00:01:00"
    assert orders.columns["zone"].maximum == "2024-01-03 01:00:00+00"
    assert orders.columns["total"].maximum == "200.00"
    assert country.minimum is None
    bounds = orders.columns["id"].histogram
    assert bounds is not None
    assert (bounds[0], bounds[-1], len(bounds)) == ("1", "20000", 51)
    assert [int(b) for b in bounds[1:-1]] == pytest.approx([400 * n for n in range(1, 50)], abs=5)
    assert orders.columns["tags"].common is not None
    assert orders.columns["p"].common is not None
    # Long texts are no filter values; they would only fill the file.
    assert orders.columns["note"].histogram is None


def test_indexes_of_every_sort(catalog: Catalog) -> None:
    indexes = {index.name: index for index in found(catalog, "orders", "sales").indexes or ()}
    assert indexes["orders_pkey"] == Index("orders_pkey", (IndexColumn("id"),), unique=True, primary=True)
    assert indexes["orders_at"] == Index("orders_at", (IndexColumn("at"),), method="brin")
    assert indexes["orders_open"] == Index(
        "orders_open", (IndexColumn("at", descending=True),), where="(paid IS NULL)", include=("total",)
    )
    lower = IndexColumn(None, "lower(country)", operator_class="text_pattern_ops")
    assert indexes["orders_lower"].columns == (lower,)
    assert indexes["orders_note"].columns == (IndexColumn("note", operator_class="gin_trgm_ops"),)
    assert indexes["orders_c"].columns == (IndexColumn("country", collation="C"),)
    assert next(iter(indexes)) == "orders_pkey"


def test_a_parent_has_the_rows_and_bytes_of_its_parts_in_whatever_schema(
    database: Postgres, catalog: Catalog
) -> None:
    visits = found(catalog, "visits")
    assert visits.rows == 6000
    assert visits.partitioned_by == ("at",)
    assert visits.bytes == database.json(
        "SELECT sum(pg_table_size(relid)) FROM pg_partition_tree('visits') WHERE isleaf"
    )
    assert visits.columns["page"].distinct == 8
    assert (visits.columns["at"].minimum, visits.columns["at"].maximum) == ("2024-01-01", "2024-02-29")
    only_public, _ = read(database.url, schemas=("public",))
    assert found(only_public, "visits").rows == 6000
    assert only_public.table("visits_2") is None
    parent = found(catalog, "parent")
    assert (parent.rows, found(catalog, "child").rows) == (500, 400)
    assert parent.columns["a"].maximum == "400"
    assert [len(t.indexes or ()) for t in (parent, found(catalog, "child"))] == [1, 0]


def test_views_and_foreign_tables(catalog: Catalog) -> None:
    assert {t.name: t.kind for t in catalog.tables if t.kind != "table"} == {
        "v1": "view", "v2": "view", "circle": "view", "round": "view",
        "sums": "materialized-view", "far": "foreign-table",
    }  # fmt: skip
    v2 = found(catalog, "v2")
    assert " ".join((v2.definition or "").split()).startswith("SELECT v1.country, sum(")
    assert "FROM public.v1" in (v2.definition or "")
    assert v2.indexes is None
    assert list(v2.columns) == ["country", "total"]
    assert list(found(catalog, "circle").columns) == ["a"]
    assert [i.name for i in found(catalog, "sums").indexes or ()] == ["sums_country"]
    far = found(catalog, "far")
    assert (far.rows, far.indexes, far.columns["id"].type) == (None, None, "integer")


def test_odd_names_survive(catalog: Catalog) -> None:
    assert column(catalog, "Odd.Table:x%", "a:b%c", 'Odd "Name').type == "integer"


@pytest.mark.parametrize("driver", ["postgresql", "postgres", "postgresql+psycopg2", "postgresql+asyncpg"])
def test_every_form_of_the_url_reads_the_same_bytes(
    database: Postgres, catalog: Catalog, driver: str
) -> None:
    url = database.url.replace("postgresql", driver, 1)
    assert snapshot.write(read(url)[0]) == snapshot.write(catalog)


def test_values_can_be_left_out(database: Postgres) -> None:
    text = snapshot.write(read(database.url, values=False)[0])
    for value in ("DE", "2024-10-26", "minimum", "maximum", "common", "histogram"):
        assert f'"{value}"' not in text
    assert '"distinct": 20000' in text


def test_statistics_that_were_never_gathered_are_unknown() -> None:
    with postgres_database("ungathered") as database:
        database.execute("CREATE TABLE t (a int) WITH (autovacuum_enabled = off); INSERT INTO t SELECT 1;")
        database.execute("CREATE TABLE u (a int); ANALYZE u;")
        catalog, problems = read(database.url)
        assert (found(catalog, "t").rows, found(catalog, "u").rows) == (None, 0)
        assert column(catalog, "t", "a").distinct is None
        assert problems == {
            "no-statistics": "PostgreSQL has never gathered statistics of "
            "1 table (public.t) of 2: run ANALYZE."
        }


def test_parts_that_are_known_tell_what_they_can_of_a_whole_that_was_never_analyzed() -> None:
    with postgres_database("parts") as database:
        database.execute(
            "CREATE TABLE p (at date, n int) PARTITION BY RANGE (at);"
            "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');"
            "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');"
            "CREATE TABLE p3 PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');"
            "INSERT INTO p SELECT date '2024-03-01' + i % 10, NULL FROM generate_series(1, 300) i;"
            "INSERT INTO p SELECT date '2025-03-01' + i % 10, i FROM generate_series(1, 100) i;"
            "ANALYZE p1; ANALYZE p2;"
        )
        catalog, problems = read(database.url)
        whole = found(catalog, "p")
        assert whole.rows == 400  # the third was never counted, but has no page
        assert whole.columns["n"].null_fraction == pytest.approx(0.75)
        assert (whole.columns["at"].minimum, whole.columns["at"].maximum) == ("2024-03-01", "2025-03-10")
        assert whole.columns["at"].distinct is None
        assert "not of the whole of 1 table (public.p)" in problems["no-statistics"]


@contextmanager
def role(database: Postgres, *grants: str) -> Iterator[str]:
    """The URL of a role that owns nothing."""
    database.execute(f"DROP ROLE IF EXISTS {ROLE}; CREATE ROLE {ROLE} LOGIN PASSWORD 's3cr3t-pw'")
    for grant in grants:
        database.execute(grant)
    try:
        yield database.url.replace("postgres@", f"{ROLE}:s3cr3t-pw@", 1)
    finally:
        database.execute(f"DROP OWNED BY {ROLE}; DROP ROLE {ROLE}")


def test_a_role_that_owns_nothing_sees_rows_and_indexes_but_no_statistics(
    database: Postgres, catalog: Catalog
) -> None:
    with role(database, f"GRANT USAGE ON SCHEMA public TO {ROLE}", f"GRANT SELECT ON sums TO {ROLE}") as url:
        seen, problems = read(url)
    assert {(t.schema, t.name) for t in seen.tables} == {(t.schema, t.name) for t in catalog.tables}
    orders = found(seen, "orders", "sales")
    assert (orders.rows, orders.bytes) == (20000, found(catalog, "orders", "sales").bytes)
    assert orders.indexes == found(catalog, "orders", "sales").indexes
    assert orders.columns["country"] == ColumnStatistics("country", "text", nullable=False)
    assert found(seen, "sums").columns["country"].distinct is not None
    assert list(problems) == ["no-statistics"]
    assert problems["no-statistics"].startswith("This account may not read ")
    assert "pg_read_all_data" in problems["no-statistics"]


def test_row_level_security_hides_statistics_and_we_say_so() -> None:
    with postgres_database("rls") as database:
        database.execute("CREATE TABLE t AS SELECT generate_series(1, 50) a; ANALYZE t")
        database.execute("ALTER TABLE t ENABLE ROW LEVEL SECURITY")
        with role(database, f"GRANT SELECT ON t TO {ROLE}") as url:
            catalog, problems = read(url)
        assert (found(catalog, "t").rows, column(catalog, "t", "a").distinct) == (50, None)
        assert "hides the column statistics" in problems["no-statistics"]


@contextmanager
def holding(database: Postgres, statement: str) -> Iterator[None]:
    """Another session that keeps a lock."""
    client = subprocess.Popen(
        ["psql", "-X", "-q", "-A", "-t", database.url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert client.stdin is not None
    assert client.stdout is not None
    client.stdin.write(
        f"SET idle_in_transaction_session_timeout = '60s'; BEGIN; {statement}; SELECT 'locked';\n"
    )
    client.stdin.flush()
    assert client.stdout.readline().strip() == "locked"
    try:
        yield
    finally:
        client.communicate("ROLLBACK;\n", timeout=20)


def test_a_table_that_is_locked_holds_nothing_up(database: Postgres, catalog: Catalog) -> None:
    with holding(database, "LOCK TABLE sales.orders IN ACCESS EXCLUSIVE MODE"):
        seen, problems = read(database.url, timeout=2.0)
    orders, known = found(seen, "orders", "sales"), found(catalog, "orders", "sales")
    assert (orders.rows, orders.columns) == (known.rows, known.columns)
    # What cannot be known of now is left out, and the table says that something is.
    assert [i.name for i in orders.indexes or ()] == ["orders_pkey", "orders_at", "orders_c", "orders_note"]
    assert not orders.indexes_complete
    # From the number of pages, which leaves out PostgreSQL's own small files beside the table's.
    assert orders.bytes == pytest.approx(known.bytes, rel=0.05)
    assert "locked for somebody else" in problems["partial-catalog"]
    assert (found(seen, "v1").definition, found(seen, "v2").columns) == (None, found(catalog, "v2").columns)


def test_a_database_that_is_locked_as_a_whole_is_given_up_in_time(database: Postgres) -> None:
    # Without pg_statistic PostgreSQL plans nothing, not even SQLAlchemy's first queries.
    begun = time.monotonic()
    with (
        holding(database, "LOCK TABLE pg_catalog.pg_statistic IN ACCESS EXCLUSIVE MODE"),
        pytest.raises(live.CatalogError) as caught,
    ):
        read(database.url, timeout=1.0)
    assert (caught.value.kind, caught.value.exit_code) == ("locked", 4)
    assert time.monotonic() - begun < 20


def test_an_index_that_is_invalid_does_not_count() -> None:
    with postgres_database("invalid") as database:
        database.execute("CREATE TABLE t AS SELECT 1 AS a FROM generate_series(1, 2); ANALYZE t")
        with pytest.raises(AssertionError, match="could not create unique index"):
            database.execute("CREATE UNIQUE INDEX CONCURRENTLY broken ON t (a)")
        catalog, problems = read(database.url)
        assert found(catalog, "t").indexes == ()
        assert "public.broken" in problems["unusable-index"]


def test_it_can_only_read_and_only_so_long(database: Postgres) -> None:
    with (
        connected(parse(database.url), 0.2) as session,
        pytest.raises(live.CatalogError, match=r"read-only transaction"),
    ):
        session.rows("CREATE TABLE public.written (a int)")
    with connected(parse(database.url), 0.2) as session:
        with pytest.raises(live.CatalogError, match=r"within 0\.2 seconds") as caught:
            session.rows("SELECT pg_sleep(5)")
        assert (caught.value.kind, caught.value.exit_code) == ("timeout", 4)
    assert database.json("SELECT count(*) FROM pg_class WHERE relname = 'written'") == 0


@pytest.mark.slow
def test_ten_thousand_tables_are_read_with_a_handful_of_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    from dashlint.catalog.live.session import Session

    asked: list[str] = []
    original = Session.rows

    def counted(self: Session, sql: str, /, **values: object) -> object:
        asked.append(sql)
        return original(self, sql, **values)

    monkeypatch.setattr(Session, "rows", counted)
    with postgres_database("many") as database:
        creating = "".join(f"CREATE TABLE t{n} (id int, day date);\n" for n in range(10_000))
        database.execute(f"SET synchronous_commit = off;\n{creating}CREATE INDEX ON t7 (day);")
        catalog, _ = read(database.url)
    assert len(catalog.tables) == 10_000
    assert len(found(catalog, "t7").indexes or ()) == 1
    assert len(asked) == 9
