"""Materialized views as real engines take them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dashlint.catalog.materialized import Grouped, ViewColumn, has_views, view_sql
from tests.catalog.databases import Postgres, postgres_database

TABLE = """
CREATE TABLE orders (ordered_at timestamp NOT NULL, country text, "order" text NOT NULL, amount numeric);
INSERT INTO orders SELECT timestamp '2024-01-01' + i * interval '1 minute',
    CASE WHEN i % 7 > 0 THEN 'c' || i % 5 END, 'o' || i % 3, CASE WHEN i % 11 > 0 THEN i % 100 END
    FROM generate_series(1, 20000) i;
"""


def orders(source: str = "public.orders", *, nullable: bool = True) -> Grouped:
    return Grouped(
        (None, "public", "orders_summary"),
        source,
        (
            ViewColumn("date_trunc('day', ordered_at)", "ordered_at", nullable=False),
            ViewColumn("country", "country", nullable=nullable),
            ViewColumn('"order"', "order", nullable=False),
        ),
        (
            ViewColumn("SUM(amount)", "sum_amount"),
            ViewColumn("COUNT(amount)", "count_amount"),
            ViewColumn("COUNT(*)", "count_rows"),
        ),
        single_table=source == "public.orders",
    )


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    with postgres_database("views") as database:
        database.execute(TABLE)
        yield database


@pytest.mark.parametrize("source", ["public.orders", "(\nSELECT * FROM orders -- all of them\n) AS source"])
def test_postgresql_answers_from_the_view_as_from_the_table(postgres: Postgres, source: str) -> None:
    view = view_sql(orders(source), "postgresql", 600)
    assert view is not None
    version = postgres.json("SELECT current_setting('server_version_num')::int")
    create, index, refresh = view.statements
    if version < 150_000:  # as the note says
        index = index.replace(" NULLS NOT DISTINCT", "")
    for statement in (create, index, refresh):
        postgres.execute(statement)
    postgres.execute(
        "UPDATE orders SET amount = amount + 1; INSERT INTO orders VALUES ('2024-01-01', NULL, 'o1', 5)"
    )
    postgres.execute(refresh)
    postgres.execute(refresh)
    by_table = postgres.json(
        "SELECT json_agg(t ORDER BY country, m) FROM (SELECT date_trunc('month', ordered_at) m, country, "
        "sum(amount) s, count(*) n, round(avg(amount), 6) a "
        "FROM orders WHERE ordered_at >= '2024-01-05' GROUP BY 1, 2) t"
    )
    by_view = postgres.json(
        "SELECT json_agg(t ORDER BY country, m) FROM (SELECT date_trunc('month', ordered_at) m, country, "
        "sum(sum_amount) s, sum(count_rows)::bigint n, round(sum(sum_amount) / sum(count_amount), 6) a "
        "FROM orders_summary WHERE ordered_at >= '2024-01-05' GROUP BY 1, 2) t"
    )
    assert by_view == by_table
    assert len(by_view) == 6


def test_a_note_tells_which_keys_may_be_null_and_when_to_refresh() -> None:
    view = view_sql(orders(), "postgresql", 600)
    assert view is not None
    assert "NULLS NOT DISTINCT" in view.statements[1]
    assert "every 600 s" in view.note
    assert "country may be NULL" in view.note
    sure = view_sql(orders(nullable=False), "postgresql", None)
    assert sure is not None
    assert "NULL" not in sure.statements[1] + sure.note
    assert "whenever the table has been loaded" in sure.note


@pytest.mark.parametrize("engine", ["bigquery", "snowflake"])
def test_engines_that_keep_views_of_one_table_get_none_of_a_query(engine: str) -> None:
    assert view_sql(orders(), engine, 600) is not None
    assert view_sql(orders("(SELECT 1) AS source"), engine, 600) is None


@pytest.mark.parametrize(
    ("engine", "part"),
    [
        ("oracle", "REFRESH COMPLETE START WITH SYSDATE NEXT SYSDATE + 10/1440"),
        ("redshift", "AUTO REFRESH YES"),
        ("bigquery", "refresh_interval_minutes = 10"),
        ("clickhouse", "REFRESH EVERY 10 MINUTE"),
        ("starrocks", "EVERY (INTERVAL 10 MINUTE)"),
        ("doris", "ON SCHEDULE EVERY 10 MINUTE"),
        ("databricks", "SCHEDULE EVERY 1 HOUR AS"),
    ],
)
def test_it_is_refreshed_as_often_as_its_charts_are_cached(engine: str, part: str) -> None:
    view = view_sql(orders(), engine, 600)
    assert view is not None
    assert part in view.statements[0]
    assert view.source


@pytest.mark.parametrize("engine", [None, "mysql", "mariadb", "sqlite", "mssql", "trino", "duckdb"])
def test_engines_without_such_views_get_none(engine: str | None) -> None:
    assert not has_views(engine)
    assert view_sql(orders(), engine, 600) is None


@pytest.mark.optional
@pytest.mark.filterwarnings("ignore")
def test_clickhouse_takes_the_view() -> None:
    sessions = pytest.importorskip("chdb.session")
    session = sessions.Session()
    session.query("CREATE DATABASE shop ENGINE = Atomic")
    session.query(
        "CREATE TABLE shop.orders ENGINE = MergeTree ORDER BY ordered_at AS SELECT "
        "toDateTime('2024-01-01') + number * 60 AS ordered_at, "
        "if(number % 7 > 0, 'c' || toString(number % 5), NULL) AS country, "
        "number % 100 AS amount FROM numbers(20000)"
    )
    view = Grouped(
        (None, "shop", "orders_summary"),
        "shop.orders",
        (ViewColumn("toStartOfDay(ordered_at)", "day", nullable=False), ViewColumn("`country`", "country")),
        (ViewColumn("SUM(amount)", "sum_amount"),),
        single_table=True,
    )
    made = view_sql(view, "clickhouse", 600)
    assert made is not None
    for statement in made.statements:
        session.query(statement)
    session.query("SYSTEM WAIT VIEW shop.orders_summary")
    assert str(session.query("SELECT sum(sum_amount) FROM shop.orders_summary")).strip() == "990000"
    session.close()
