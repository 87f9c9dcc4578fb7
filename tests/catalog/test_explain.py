"""Plans of real databases: what they say, what is refused, and that nothing is written."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator

import pytest

from dashlint.catalog.explain import Explainer, ExplainError, connected
from dashlint.catalog.explain.guard import indexed_table, one_select
from dashlint.catalog.explain.mysql import plan_of
from tests.catalog.databases import MariaDb, Postgres, hypopg, mariadb_database, postgres_database

ROWS = 250_000
ORDERS = f"""
CREATE TABLE orders (
    id int PRIMARY KEY, country text, customer int, ordered_at timestamp, amount numeric, note text);
INSERT INTO orders SELECT i, CASE WHEN i % 10 < 7 THEN 'DE' ELSE 'C' || i % 40 END, i % 20000,
    timestamp '2020-01-01' + i * interval '7 minutes', i % 1000, repeat('x', 60)
  FROM generate_series(1, {ROWS}) i;
CREATE SEQUENCE numbers;
CREATE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_sleep(20); RETURN $1; END';
CREATE VIEW sleepy AS SELECT * FROM orders WHERE id = slow(7);
CREATE SCHEMA other;
CREATE TABLE other.orders AS SELECT 1 AS id;
"""
BY_CUSTOMER = "CREATE INDEX CONCURRENTLY IF NOT EXISTS by_customer ON public.orders (customer)"


@pytest.fixture(scope="module")
def bare() -> Iterator[Postgres]:
    """Without HypoPG."""
    with postgres_database("bare") as database:
        database.execute(ORDERS)
        database.execute("VACUUM ANALYZE")
        yield database


@pytest.fixture(scope="module")
def orders(bare: Postgres) -> Iterator[Postgres]:
    """With HypoPG."""
    with postgres_database("hypopg") as database:
        hypopg(database)
        database.execute(ORDERS)
        database.execute("VACUUM ANALYZE")
        yield database


@pytest.fixture(scope="module")
def maria() -> Iterator[MariaDb]:
    with mariadb_database("explain") as database:
        database.execute(
            "CREATE TABLE orders (id int PRIMARY KEY, customer int, country varchar(20));"
            f"INSERT INTO orders SELECT seq, seq % 20000, concat('C', seq % 40) FROM seq_1_to_{ROWS};"
            "ANALYZE TABLE orders; CREATE FUNCTION own() RETURNS int DETERMINISTIC RETURN sleep(5);"
        )
        yield database


def maria_url(database: MariaDb) -> str:
    return os.environ.get("DASHLINT_TEST_MARIADB", "mysql://root@127.0.0.1:3306") + f"/{database.name}"


def refused(asked: Explainer, sql: str) -> str:
    with pytest.raises(ExplainError) as caught:
        asked.explain(sql)
    return str(caught.value)


# PostgreSQL


@pytest.mark.optional
@pytest.mark.parametrize(
    ("sql", "index"),
    [
        ("SELECT sum(amount) FROM orders WHERE customer = 77", "orders (customer)"),
        ("SELECT country, sum(amount) FROM orders WHERE customer IN (7, 8) GROUP BY 1", "orders (customer)"),
        (
            "SELECT * FROM orders WHERE country = 'C7' AND ordered_at < '2020-02-01'",
            "orders (country, ordered_at)",
        ),
        ("SELECT * FROM orders ORDER BY ordered_at DESC LIMIT 100", "orders (ordered_at)"),
        ("SELECT sum(amount) FROM orders WHERE lower(country) = 'c7'", "orders (lower(country))"),
    ],
)
def test_hypothetical_indexes_cost_what_real_ones_do(orders: Postgres, sql: str, index: str) -> None:
    with connected(orders.url) as asked:
        tried = asked.explain(sql, indexes=[f"CREATE INDEX CONCURRENTLY ON {index}"])
    orders.execute(f"CREATE INDEX really ON {index}; ")
    try:
        # An expression has no statistics before its index is there: HypoPG and the planner then guess alike.
        with connected(orders.url) as asked:
            real = asked.explain(sql).before
    finally:
        orders.execute("DROP INDEX really")
    assert tried.after is not None
    assert tried.before.cost is not None
    assert tried.after.cost is not None
    assert tried.after.uses(tried.hypothetical)
    assert real.uses(["really"])
    assert tried.after.cost < tried.before.cost / 2
    assert tried.after.cost == pytest.approx(real.cost, rel=0.05)


@pytest.mark.optional
def test_an_index_that_helps_nobody(orders: Postgres) -> None:
    sql = "SELECT sum(amount) FROM orders WHERE country = 'DE'"
    with connected(orders.url) as asked:
        tried = asked.explain(sql, indexes=["CREATE INDEX ON orders (country)"])
    assert tried.after == tried.before
    assert tried.after.relations[0].whole
    assert not tried.after.uses(tried.hypothetical)


@pytest.mark.optional
def test_what_cannot_be_tried_keeps_its_plan(orders: Postgres) -> None:
    sql = "SELECT * FROM orders WHERE note LIKE '%x%' AND customer = 5"
    with connected(orders.url) as asked:
        gin = asked.explain(sql, indexes=["CREATE INDEX ON orders USING gin (customer)"])
        gone = asked.explain(sql, indexes=["CREATE INDEX ON orders (nothing)"])
        other = asked.explain(sql, indexes=["CREATE MATERIALIZED VIEW v AS SELECT 1"])
        good = asked.explain(sql, indexes=[BY_CUSTOMER])
        some = asked.explain(sql, indexes=["CREATE INDEX ON orders USING gin (customer)", BY_CUSTOMER])
    assert '"gin" is not supported' in str(gin.untried)
    assert '"nothing"' in str(gone.untried)
    assert other.untried == "only indexes can be tried without creating them"
    assert gin.before == gone.before == other.before == good.before
    assert gin.after is gone.after is other.after is None
    assert good.after is not None
    assert some.after is not None
    assert some.after.cost == good.after.cost
    assert some.untried == gin.untried
    assert good.bytes == pytest.approx(index_bytes(orders), rel=0.25)


@pytest.mark.optional
def test_an_index_on_a_partitioned_table(orders: Postgres) -> None:
    orders.execute(
        "CREATE TABLE days (id int, day date, customer int) PARTITION BY RANGE (day);"
        "CREATE TABLE days_2020 PARTITION OF days FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');"
        "CREATE TABLE days_2021 PARTITION OF days FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');"
        "INSERT INTO days SELECT i, date '2020-01-01' + i % 700, i % 5000 FROM generate_series(1, 100000) i;"
    )
    orders.execute("VACUUM ANALYZE days")
    with connected(orders.url) as asked:
        tried = asked.explain(
            "SELECT * FROM days WHERE customer = 7",
            indexes=["CREATE INDEX IF NOT EXISTS days_customer ON public.days (customer);"],
        )
    assert tried.after is not None
    assert [r.whole for r in tried.before.relations] == [True, True]
    assert [r.whole for r in tried.after.relations] == [False, False]
    assert tried.after.uses(tried.hypothetical)


def index_bytes(database: Postgres) -> int:
    database.execute("CREATE INDEX really ON orders (customer) WITH (deduplicate_items = off)")
    try:
        size: int = database.json("SELECT pg_relation_size('really')")
    finally:
        database.execute("DROP INDEX really")
    return size


@pytest.mark.optional
def test_nothing_is_written_and_nothing_stays(orders: Postgres) -> None:
    state = (
        "SELECT json_build_array((SELECT json_agg(c.relname ORDER BY c.oid) FROM pg_class c),"
        "(SELECT json_agg((n_tup_ins, n_tup_upd, n_tup_del) ORDER BY relid) FROM pg_stat_user_tables),"
        "(SELECT last_value FROM numbers), (SELECT is_called FROM numbers))"
    )
    before = orders.json(state)
    with connected(orders.url) as asked:
        asked.explain("SELECT nextval('numbers'), pg_sleep(30) FROM orders", indexes=[BY_CUSTOMER])
        # Another plan of the same connection does not see the index of the one before.
        assert not asked.explain("SELECT * FROM orders WHERE customer = 1").before.relations[0].indexes
        session = asked._session  # type: ignore[attr-defined]
        with session.transaction():
            assert session.rows("SELECT indexname FROM hypopg()") == []
            assert session.value("SHOW transaction_read_only") == "on"
            assert session.value("SELECT pg_current_xact_id_if_assigned()") is None
        with pytest.raises(ExplainError, match="read-only transaction"), session.transaction():
            session.run("CREATE TABLE mark (id int)")
    assert orders.json(state) == before


def test_without_the_extension(bare: Postgres) -> None:
    with connected(bare.url) as asked:
        tried = asked.explain("SELECT * FROM orders WHERE customer = 7", indexes=[BY_CUSTOMER])
    assert tried.after is None
    assert tried.untried is not None
    assert tried.untried.startswith("the extension hypopg is not in this database")
    assert "CREATE EXTENSION hypopg" in tried.untried
    relation = tried.before.relations[0]
    assert (relation.table, relation.scan, relation.whole) == ("public.orders", "Seq Scan", True)
    assert tried.before.cost is not None
    assert tried.before.rows == pytest.approx(ROWS / 20000, rel=0.5)


def test_names_without_a_schema_mean_the_datasets(bare: Postgres) -> None:
    with connected(bare.url) as asked:
        assert (
            asked.explain("SELECT * FROM orders", schema="other").before.relations[0].table == "other.orders"
        )
        assert asked.explain("SELECT * FROM orders").before.relations[0].table == "public.orders"
        assert "no'where" not in refused(asked, "SELECT * FROM orders, missing")
        with pytest.raises(ExplainError, match='relation "orders" does not exist'):
            asked.explain("SELECT * FROM orders", schema="no'where")


def test_statistics_of_a_column(bare: Postgres) -> None:
    with connected(bare.url) as asked:
        found = asked.statistics("orders", "public", "country")
        assert found is not None
        assert found.common is not None
        assert found.common[0][0] == "DE"
        assert found.common[0][1] == pytest.approx(0.7, abs=0.03)
        ids = asked.statistics("orders", None, "id")
        assert ids is not None
        assert ids.distinct == pytest.approx(ROWS, rel=0.01)
        assert ids.histogram is not None
        assert len(ids.histogram) == 101
        with pytest.raises(ExplainError, match=r'column "nothing" .*does not exist'):
            asked.statistics("orders", "public", "nothing")
        with pytest.raises(ExplainError, match=r"has no table public\.missing"):
            asked.statistics("missing", "public", "id")


def test_a_view_of_somebodys_slow_function_is_ended(bare: Postgres) -> None:
    """What the guard cannot see: the planner runs an IMMUTABLE function inside of a view."""
    begun = time.monotonic()
    with connected(bare.url, timeout=0.4) as asked:
        assert "within 0.4 seconds" in refused(asked, "SELECT * FROM sleepy")
        assert asked.explain("SELECT 1 FROM orders").before.rows == ROWS
    assert time.monotonic() - begun < 10


def test_a_locked_table_is_left_alone(bare: Postgres) -> None:
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        from sqlalchemy import create_engine, text

        engine = create_engine(bare.url.replace("postgresql://", "postgresql+psycopg://"))
        with engine.begin() as connection:
            connection.execute(text("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE"))
            held.set()
            done.wait(60)
        engine.dispose()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert held.wait(30)
        with connected(bare.url) as asked:
            assert "lock" in refused(asked, "SELECT * FROM orders")
            assert asked.explain("SELECT * FROM other.orders").before.relations
    finally:
        done.set()
        holder.join()


def test_no_rights_on_a_table(bare: Postgres) -> None:
    role = f"reader_{os.getpid()}"
    bare.execute(
        f"CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA other TO {role};"
        f"GRANT SELECT ON other.orders TO {role}"
    )
    try:
        with connected(bare.url.replace("//postgres@", f"//{role}:s3cr3t@")) as asked:
            said = refused(asked, "SELECT * FROM orders")
            assert "permission denied for table orders" in said
            assert "s3cr3t" not in said
            assert asked.explain("SELECT * FROM other.orders").before.relations
    finally:
        bare.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_functions_of_people_are_not_run(bare: Postgres) -> None:
    begun = time.monotonic()
    with connected(bare.url) as asked:
        for sql in (
            "SELECT slow(1)",
            'SELECT * FROM orders WHERE id = public."slow" (3)',
            "SELECT SLOW(id) FROM orders",
        ):
            assert "it calls the function slow" in refused(asked, sql)
        # PostgreSQL's own that have effects are volatile: planning does not touch them.
        assert asked.explain("SELECT pg_sleep(20), nextval('numbers')").before.cost is not None
    assert time.monotonic() - begun < 10


def test_the_server_takes_one_statement_only(bare: Postgres, maria: MariaDb) -> None:
    """Semicolons in comments and texts are nothing; and were our grammar wrong about one, this holds."""
    for url in (bare.url, maria_url(maria)):
        with connected(url) as asked:
            assert asked.explain("SELECT id FROM orders -- a; b\nWHERE country = '100%; no'").before.relations
            assert "single SELECT" in refused(asked, "SELECT 1; DROP TABLE orders")
            session = asked._session  # type: ignore[attr-defined]
            with pytest.raises(ExplainError), session.transaction():
                session.answer("SELECT 1; COMMIT; DROP TABLE orders")
            assert asked.explain("SELECT id FROM orders").before.relations


# MySQL and MariaDB


def test_mariadb_tells_how_tables_are_read(maria: MariaDb) -> None:
    sql = "SELECT country, count(*) FROM orders WHERE customer = 7 GROUP BY country"
    with connected(maria_url(maria)) as asked:
        scan = asked.explain(sql, indexes=["ALTER TABLE orders ADD INDEX (customer)"])
    maria.execute("CREATE INDEX by_customer ON orders (customer); ANALYZE TABLE orders")
    try:
        with connected(maria_url(maria)) as asked:
            lookup = asked.explain(sql)
    finally:
        maria.execute("DROP INDEX by_customer ON orders")
    assert asked.engine == "MariaDB"
    assert scan.untried == "MariaDB cannot try an index without creating it"
    (read,) = scan.before.relations
    assert (read.table, read.scan, read.whole, read.indexes) == ("orders", "ALL", True, ())
    assert read.rows == pytest.approx(ROWS, rel=0.1)
    (read,) = lookup.before.relations
    assert (read.scan, read.whole, read.indexes) == ("ref", False, ("by_customer",))
    assert scan.before.cost is not None
    assert lookup.before.cost is not None
    assert lookup.before.cost < scan.before.cost / 100


def test_plans_of_mysql() -> None:
    """As in the MySQL reference manual (10.8.2, EXPLAIN): costs and rows have other names than in MariaDB."""
    document = {
        "query_block": {
            "select_id": 1,
            "cost_info": {"query_cost": "25641.40"},
            "grouping_operation": {
                "nested_loop": [
                    {"table": {"table_name": "o", "access_type": "ALL", "rows_examined_per_scan": 249000}},
                    {"table": {"table_name": "c", "access_type": "eq_ref", "key": "PRIMARY",
                               "rows_examined_per_scan": 1}},
                    {"table": {"table_name": "i", "access_type": "index", "key": "by_day",
                               "rows_examined_per_scan": 9}},
                ]
            },
        }
    }  # fmt: skip
    plan = plan_of(json.dumps(document))
    assert plan.cost == 25641.4
    assert [(r.table, r.whole, r.indexes, r.rows) for r in plan.relations] == [
        ("o", True, (), 249000.0),
        ("c", False, ("PRIMARY",), 1.0),
        ("i", True, (), 9.0),
    ]
    with pytest.raises(ExplainError, match="form that is not known"):
        plan_of('{"query": "/* select#1 */ …", "operation": "Table scan on o", "json_schema_version": "2.0"}')


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM (SELECT sleep(5)) t",
        "SELECT * FROM orders WHERE id = own()",
        "SELECT get_lock('x', 9) FROM orders",
    ],
)
def test_mariadb_is_not_made_to_run_functions(maria: MariaDb, sql: str) -> None:
    begun = time.monotonic()
    with connected(maria_url(maria)) as asked:
        assert "which the optimizer might run" in refused(asked, sql)
    assert time.monotonic() - begun < 4


def test_mariadb_runs_derived_tables_without_a_table_in_explain(maria: MariaDb) -> None:
    """Why there is a guard: without it this EXPLAIN sleeps."""
    begun = time.monotonic()
    maria.execute("EXPLAIN FORMAT=JSON SELECT * FROM (SELECT sleep(1)) t")
    assert time.monotonic() - begun >= 1


def test_mariadb_transactions_are_read_only(maria: MariaDb) -> None:
    with connected(maria_url(maria)) as asked:
        session = asked._session  # type: ignore[attr-defined]
        with pytest.raises(ExplainError, match="READ ONLY"), session.transaction():
            session.run("INSERT INTO orders VALUES (0, 0, '')")
        assert "doesn't exist" in refused(asked, "SELECT * FROM missing")


# What is refused by its text


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM orders",
        "SELECT 1; DROP TABLE orders",
        "SELECT 'a;b' -- where the server would take several",
        "WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone",
        "SELECT * INTO copy FROM orders",
        "SELECT * FROM orders FOR UPDATE",
        "EXPLAIN ANALYZE SELECT 1",
        "CALL something()",
        "SELECT FROM WHERE (",
        "",
        "SELECT * FROM orders WHERE country = 'dashlint_value'",
    ],
)
def test_only_a_single_select_is_explained(sql: str) -> None:
    with pytest.raises(ExplainError):
        one_select(sql, "postgres")


def test_a_select_may_be_a_union_and_have_common_tables() -> None:
    sql = 'WITH a AS (SELECT lower(x) FROM t) SELECT * FROM a UNION ALL SELECT "My Fn" (1);'
    assert {"lower", "my fn"} <= one_select(sql, "postgres")


def test_the_table_of_an_index() -> None:
    assert indexed_table('CREATE INDEX CONCURRENTLY ON public."Orders" (a DESC)', "postgres") == (
        "Orders",
        "public",
    )
    assert indexed_table("CREATE UNIQUE INDEX i ON orders USING brin (a) WHERE b > 1", "postgres") == (
        "orders",
        None,
    )
    assert indexed_table("CREATE TABLE orders (a int)", "postgres") is None
    assert indexed_table("nonsense (", "postgres") is None
